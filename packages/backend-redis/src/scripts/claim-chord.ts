import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { groupRun } from './group-run.js'

/**
 * Claims the right to send a group's callback, and raises ChordTriggered in its record, which tells workers in Go.
 * They do the same between taking and releasing a mutex, so the flag is only touched while nobody has that, or while the
 * caller has it. The record may be long: of an ordinary one only the end is read, and the flag is replaced in its place, where a space
 * makes up for the shorter word.
 *
 * KEYS[1] record   KEYS[2] notes   KEYS[3] pending   KEYS[4] claim   KEYS[5] Go's mutex, absent in a cluster
 * ARGV[1] owner   ARGV[2] lease (ms)   ARGV[3] '1' where the caller has the mutex
 * Returns 'claimed', 'held', 'sent', 'missing'; 'busy': somebody else has the mutex; 'mutex': take it first
 */
export const claimChord: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
${groupRun}
local function flaggedPart(key)
  local tail = redis.call('GETRANGE', key, -160, -1)
  return string.find(tail, '"ChordTriggered":', 1, true) and tail or redis.call('GET', key)
end
if not enterRun(KEYS[1], KEYS[2], KEYS[3], KEYS[4]) then return 'missing' end
local claimed, sent = unpack(redis.call('HMGET', KEYS[2], 'claimed', 'sent'))
if sent then return 'sent' end
if not claimed then
  local record = flaggedPart(KEYS[1])
  if string.find(record, '"ChordTriggered"%s*:%s*true') then return 'sent' end
  if ARGV[3] ~= '1' then
    if not KEYS[5] then return 'mutex' end
    if redis.call('EXISTS', KEYS[5]) == 1 then return 'busy' end
  end
  local from, to = string.find(record, '"ChordTriggered"%s*:%s*false')
  if from then
    local start = redis.call('STRLEN', KEYS[1]) - #record + from - 1
    redis.call('SETRANGE', KEYS[1], start, '"ChordTriggered":' .. string.rep(' ', to - from - 20) .. 'true')
  end
  redis.call('HSET', KEYS[2], 'claimed', 1)
end
local holder = redis.call('GET', KEYS[4])
if holder and holder ~= ARGV[1] then return 'held' end
redis.call('SET', KEYS[4], ARGV[1], 'PX', ARGV[2])
return 'claimed'
`,
})
