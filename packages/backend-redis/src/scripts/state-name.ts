/**
 * Lua: the name of the state in a record, or nothing. Finds it as text: inside a JSON string a quote is always escaped, so no
 * name or result can look like the field, and the field comes before results.
 */
export const nameInRecord = /* lua */ `
local stateField = '"State":"'
local function nameInRecord(record)
  -- What Go and this library write has no spaces: found without a pattern, which costs Lua most of the time.
  local _, last = string.find(record, stateField, 1, true)
  local stop = last and string.find(record, '"', last + 1, true)
  if stop then return string.sub(record, last + 1, stop - 1) end
  return string.match(record, '"State"%s*:%s*"(%u+)"') or ''
end
`

/**
 * Lua: the name of the state that is stored under a key; nil where there is none. Long records are not read as a whole.
 */
export const stateName: string = /* lua */ `
${nameInRecord}
local function stateName(key)
  local start = redis.pcall('GETRANGE', key, 0, 511)
  if start == '' or type(start) == 'table' then return nil end
  local name = nameInRecord(start)
  if name == '' and #start == 512 then name = nameInRecord(redis.call('GET', key)) end
  return name ~= '' and name or nil
end
`
