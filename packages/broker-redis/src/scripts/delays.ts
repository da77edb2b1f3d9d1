import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { serverMsLua } from './server-ms.js'

/**
 * Stores delayed messages, and tells workers when the soonest of its set is among them.
 * KEYS[1] sorted set
 * ARGV[1] channel   ARGV[2…] score, member, …; the soonest first
 */
export const storeDelayed: RedisScript = defineScript({
  keys: 1,
  lua: /* lua */ `
redis.call('ZADD', KEYS[1], unpack(ARGV, 2))
local head = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
-- Workers look for themselves too, so a user who may not publish is no failure.
if tonumber(head[2]) >= tonumber(ARGV[2]) then redis.pcall('PUBLISH', ARGV[1], '') end
return 1
`,
})

/**
 * Looks for due messages, oldest first.
 * KEYS[1] delayed set
 * ARGV[1] how many scores a millisecond has   ARGV[2] most messages   ARGV[3] bytes after which it returns no more
 * ARGV[4] for how long nobody else sees those it returns, in milliseconds; 0: everybody does
 * Returns { milliseconds until the soonest message is due that it does not return, or false; messages… }
 */
export const findDue: RedisScript = defineScript({
  keys: 1,
  lua: /* lua */ `
${serverMsLua}
local now, unit, hiddenFor = serverMs(), tonumber(ARGV[1]), tonumber(ARGV[4])
local function scoreOf(ms) return string.format('%.0f', ms * unit) end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', scoreOf(now), 'LIMIT', 0, ARGV[2])
local found, bytes, enough = { false }, 0, tonumber(ARGV[3])
for i = 1, #due do
  if bytes >= enough then break end
  found[i + 1] = due[i]
  bytes = bytes + #due[i]
end
if hiddenFor > 0 then
  for i = 2, #found do
    redis.call('ZREM', KEYS[1], found[i])
    redis.call('ZADD', KEYS[1], scoreOf(now + hiddenFor), found[i])
  end
end
local rank = hiddenFor == 0 and #found - 1 or 0
local head = redis.call('ZRANGE', KEYS[1], rank, rank, 'WITHSCORES')
found[1] = head[2] and string.format('%.3f', tonumber(head[2]) / unit - now) or false
return found
`,
})

/**
 * Moves due messages to the tails of their queues, in the order given. One that another worker moved is left out.
 * A queue that is no list gets none: its messages are parked.
 * KEYS[1] delayed set   KEYS[2] parked messages   KEYS[3…] queues
 * ARGV[1] what stands before a message whose queue is no list
 * ARGV[2…] for each message: the number of its queue (1: KEYS[3]; 0: park it), what to park before it, the message
 * Returns how many it moved
 */
export const moveDue: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
local moved, isList = 0, {}
for i = 3, #KEYS do
  local length = redis.pcall('LLEN', KEYS[i])
  isList[i] = type(length) == 'number'
end
redis.call('LLEN', KEYS[2])
for i = 2, #ARGV, 3 do
  local to, before, body = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
  if redis.call('ZREM', KEYS[1], body) == 1 then
    moved = moved + 1
    if to == 0 then
      redis.call('RPUSH', KEYS[2], before .. body)
    elseif isList[to + 2] then
      redis.call('RPUSH', KEYS[to + 2], body)
    else
      redis.call('RPUSH', KEYS[2], ARGV[1] .. body)
    end
  end
end
return moved
`,
})

/**
 * Moves due messages of a queue's own set to its tail, oldest first.
 * KEYS[1] set   KEYS[2] queue
 * ARGV[1] most messages   ARGV[2] how many bytes stand before each body
 * Returns { how many it moved, milliseconds until the next is due or false }
 */
export const moveLater: RedisScript = defineScript({
  keys: 2,
  lua: /* lua */ `
${serverMsLua}
local now = serverMs()
redis.call('LLEN', KEYS[2])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[1])
for i = 1, #due do
  redis.call('ZREM', KEYS[1], due[i])
  redis.call('RPUSH', KEYS[2], string.sub(due[i], tonumber(ARGV[2]) + 1))
end
local head = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return { #due, head[2] and string.format('%.0f', tonumber(head[2]) - now) or false }
`,
})
