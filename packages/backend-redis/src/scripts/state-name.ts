/**
 * Lua: the name of the state that is stored under a key; nil where there is none; and an error's text where the key holds no
 * text. Finds it as text: inside a JSON string a quote is always escaped, so no name or result can look like the field,
 * and the field comes before results. Long records are not read as a whole.
 */
export const stateName = /* lua */ `
local stateField = '"State":"'
local function stateName(key)
  local start = redis.pcall('GETRANGE', key, 0, 511)
  if start == '' then return nil end
  if type(start) == 'table' then return nil, start.err end
  -- What Go and this library write has no spaces: found without a pattern, which costs Lua most of the time.
  local _, last = string.find(start, stateField, 1, true)
  local stop = last and string.find(start, '"', last + 1, true)
  if stop then return string.sub(start, last + 1, stop - 1) end
  local pattern = '"State"%s*:%s*"(%u+)"'
  return string.match(start, pattern) or (#start == 512 and string.match(redis.call('GET', key), pattern)) or nil
end
`
