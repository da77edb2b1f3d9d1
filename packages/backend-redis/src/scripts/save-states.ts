import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { nameInRecord } from './state-name.js'

/** How the record of a state begins, before the UUID. */
export const recordStart = '{"TaskUUID":"'

/**
 * Stores states, each only where it may follow what is stored; then tells who waits for the results.
 *
 * KEYS[i] the state of a task: its UUID
 * ARGV[1] the life of the records (ms)   ARGV[2] the names of the states they may not follow, each followed by a comma
 * ARGV[3] the channel of who waits, or nothing
 * ARGV[4] nothing, then ARGV[4 + i] is the record (JSON) of KEYS[i]; or what follows the UUID in all records
 * A record that is kept is put back with the life of the write that it refused.
 * Returns false when all are stored, else { kept, refused }: each a list of pairs, the number of the key (from 1) and what is
 * stored, or the error
 */
export const saveStates: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
${nameInRecord}
local life, channel, tail = ARGV[1], ARGV[3], ARGV[4]
local keys, args, set = KEYS, ARGV, redis.pcall
local blocks = {}
for name in string.gmatch(ARGV[2], '%u+') do blocks[name] = true end
local kept, refused, stored
for i = 1, #keys do
  local key = keys[i]
  local record = tail == '' and args[4 + i] or '${recordStart}' .. key .. tail
  -- One command stores the new record and gives the old one, which nearly always may be followed; if not, it is put back.
  local old = set('SET', key, record, 'PX', life, 'GET')
  -- Out of memory, the end of a task that is known still gets in: with it goes its message, which takes more room. A script
  -- that has begun to write may go on; this write, of a command that is never refused, changes nothing.
  if type(old) == 'table' and string.sub(old.err, 1, 3) == 'OOM' and #record <= 4096 and redis.call('EXISTS', key) == 1 then
    redis.pcall('LTRIM', key, 0, -1)
    old = set('SET', key, record, 'PX', life, 'GET')
  end
  if type(old) == 'table' then
    if string.sub(old.err, 1, 9) ~= 'WRONGTYPE' then return old end
    refused = refused or {}
    refused[#refused + 1] = i
    refused[#refused + 1] = old.err
  elseif old and blocks[nameInRecord(old)] then
    redis.call('SET', key, old, 'PX', life)
    kept = kept or {}
    kept[#kept + 1] = i
    kept[#kept + 1] = old
  elseif channel ~= '' then
    stored = stored or {}
    stored[#stored + 1] = key
  end
end
if stored then redis.pcall('PUBLISH', channel, cjson.encode(stored)) end
if kept or refused then return { kept or {}, refused or {} } end
return false
`,
})
