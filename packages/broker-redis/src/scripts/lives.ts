import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { deliveryCountsLua } from './delivery-counts.js'

/**
 * Registers a consumer, with its first sign of life.
 * KEYS[1] consumers   KEYS[2] its alive key
 * ARGV[1] consumer id   ARGV[2] lease (ms)
 */
export const register: RedisScript = defineScript({
  keys: 2,
  lua: /* lua */ `
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
redis.call('HSET', KEYS[1], ARGV[1], '0')
return 1
`,
})

/**
 * A sign of life.
 * KEYS[1] alive key   ARGV[1] lease (ms)
 */
export const beat: RedisScript = defineScript({
  keys: 1,
  lua: /* lua */ `
if redis.call('PEXPIRE', KEYS[1], ARGV[1]) == 0 then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return 1
`,
})

/**
 * Takes a consumer off the register for good, unless it lives: from now on it gets no more messages.
 * KEYS[1] consumers   KEYS[2] buried   KEYS[3] its alive key
 * ARGV[1] consumer id   ARGV[2] now (epoch ms)   ARGV[3] 1: even if it lives
 * Returns its member of the buried, or false
 */
export const bury: RedisScript = defineScript({
  keys: 3,
  lua: /* lua */ `
if ARGV[3] ~= '1' and redis.call('EXISTS', KEYS[3]) == 1 then return false end
local lists = redis.call('HGET', KEYS[1], ARGV[1])
if not lists then return false end
local member = ARGV[1] .. ':' .. lists
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[3])
redis.call('ZADD', KEYS[2], ARGV[2], member)
return member
`,
})

/**
 * Moves messages from epoch lists back to the head of the queue, keeping their order: the first list gets to the head.
 * KEYS[1] queue   KEYS[2] delivery counts   KEYS[3…] lists, the oldest first
 * ARGV[1] most messages   ARGV[2] bytes after which it moves no more   ARGV[3] today (days since the epoch) where the
 * deliveries are to be counted, else empty
 * Returns how many it moved; 0: none is left
 */
export const giveBack: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
${deliveryCountsLua}
-- A queue of another type must fail before anything was taken out.
redis.call('LLEN', KEYS[1])
local most, enough, day = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local moved, bytes = 0, 0
for i = #KEYS, 3, -1 do
  while true do
    if moved >= most or bytes >= enough then return moved end
    local some = redis.call('RPOP', KEYS[i], math.min(most - moved, 20))
    if not some then break end
    redis.call('LPUSH', KEYS[1], unpack(some))
    moved = moved + #some
    for j = 1, #some do
      bytes = bytes + #some[j]
      if day then countOneMore(KEYS[2], some[j], day) end
    end
  end
end
return moved
`,
})

/**
 * What a consumer holds, as the server sees it.
 * KEYS[1] consumers   KEYS[2…] epoch lists
 * ARGV[1] consumer id
 * Returns whether it is registered (1 or 0), then the length of each list
 */
export const audit: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
local found = { redis.call('HEXISTS', KEYS[1], ARGV[1]) }
for i = 2, #KEYS do found[i] = redis.call('LLEN', KEYS[i]) end
return found
`,
})

/**
 * Forgets delivery counts that did not change for long: their messages were finished by workers that do not count.
 * KEYS[1] delivery counts
 * ARGV[1] cursor   ARGV[2] the oldest day to keep (days since the epoch)
 * Returns the next cursor; '0': done
 */
export const pruneCounts: RedisScript = defineScript({
  keys: 1,
  lua: /* lua */ `
local found = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 500)
local oldest = tonumber(ARGV[2])
for i = 1, #found[2], 2 do
  if tonumber(found[2][i + 1]) % 32768 < oldest then redis.call('HDEL', KEYS[1], found[2][i]) end
end
return found[1]
`,
})
