import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { deliveryCountsLua } from './delivery-counts.js'
import { serverMsLua } from './server-ms.js'

/**
 * Deletes epoch lists whose messages are all finished. A list that holds more or less than it should is left alone:
 * a lost reply put more into it, or somebody took it over.
 * KEYS[1] delivery counts   KEYS[2…] lists
 * ARGV[1…] how many entries each list should hold; then fingerprints of messages to forget the counts of
 * Returns how many entries each list did hold
 */
export const dropLists: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
local held = {}
for i = 2, #KEYS do
  held[i - 1] = redis.call('LLEN', KEYS[i])
  if held[i - 1] == tonumber(ARGV[i - 1]) then redis.call('UNLINK', KEYS[i]) end
end
for i = #KEYS, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
return held
`,
})

/**
 * Takes single messages out of epoch lists and puts each that was still there where it belongs: back at the head of the
 * queue ('head') or at its tail ('tail'), into the set of those that wait ('later'), among the parked ones ('dead'), or
 * nowhere ('gone').
 * KEYS[1] delivery counts   KEYS[2] where to   KEYS[3…] lists
 * ARGV[1] head | tail | later | dead | gone   ARGV[2] today (days since the epoch)   ARGV[3] delay (ms), for 'later'
 * ARGV[4…] for each message: the number of its list (1: KEYS[3]), what to put before the body, the body
 * Returns for each message 1, or 0 where it was not in its list
 */
export const moveOut: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
${deliveryCountsLua}${serverMsLua}
local how, moved = ARGV[1], {}
-- A key of another type must fail before anything was taken out.
if how == 'head' or how == 'tail' or how == 'dead' then redis.call('LLEN', KEYS[2]) end
local count = (#ARGV - 3) / 3
for n = 1, count do
  -- Backwards, so that those at the head of the queue end up in their order.
  local i = how == 'tail' and n or count + 1 - n
  local list, before, body = KEYS[tonumber(ARGV[i * 3 + 1]) + 2], ARGV[i * 3 + 2], ARGV[i * 3 + 3]
  moved[i] = redis.call('LREM', list, 1, body)
  if moved[i] == 1 then
    if how == 'head' then
      redis.call('LPUSH', KEYS[2], body)
    elseif how == 'tail' then
      redis.call('RPUSH', KEYS[2], body)
      countOneChanceLess(KEYS[1], body)
    elseif how == 'later' then
      redis.call('ZADD', KEYS[2], string.format('%.0f', serverMs() + tonumber(ARGV[3])), before .. body)
      countOneMore(KEYS[1], body, tonumber(ARGV[2]) + mostChances)
    elseif how == 'dead' then
      redis.call('RPUSH', KEYS[2], before .. body)
      if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HDEL', KEYS[1], fingerprint(body)) end
    end
  end
end
return moved
`,
})
