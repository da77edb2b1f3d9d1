/**
 * Lua: the name of the state that is stored under a key; nil where there is none; and an error's text where the key holds no
 * text. Finds it as text: inside a JSON string a quote is always escaped, so no name or result can look like the field,
 * and the field comes before results. Long records are not read as a whole.
 */
export const stateName = /* lua */ `
local function stateName(key)
  local start = redis.pcall('GETRANGE', key, 0, 511)
  if type(start) == 'table' then return nil, start.err end
  local name = string.match(start, '"State"%s*:%s*"(%u+)"')
  if not name and #start == 512 then
    name = string.match(redis.call('GET', key), '"State"%s*:%s*"(%u+)"')
  end
  return name
end
`
