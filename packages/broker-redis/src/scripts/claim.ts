import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { deliveryCountsLua } from './delivery-counts.js'

/**
 * Moves messages from the head of the queue to an epoch list, for a consumer that is registered.
 *
 * This script and all others that must work while the server is out of memory write first with a command that it
 * never refuses (here LPOP): a script that has begun to write may go on.
 *
 * KEYS[1] queue   KEYS[2] consumers   KEYS[3] epoch list   KEYS[4] delivery counts
 * ARGV[1] consumer id   ARGV[2] how many epoch lists it uses from now on
 * ARGV[3] most messages   ARGV[4] bytes after which it takes no more
 * Returns false when the consumer is not registered, else { bodies, what the hash of delivery counts holds for each (0: nothing), or false }
 */
export const claim: RedisScript = defineScript({
  keys: 4,
  lua: /* lua */ `
${deliveryCountsLua}
local lists = redis.call('HGET', KEYS[2], ARGV[1])
if not lists then return false end
local most, enough = tonumber(ARGV[3]), tonumber(ARGV[4])
local bodies, bytes = {}, 0
while #bodies < most and bytes < enough do
  local some = redis.call('LPOP', KEYS[1], math.min(most - #bodies, 50))
  if not some then break end
  redis.call('RPUSH', KEYS[3], unpack(some))
  for i = 1, #some do
    bodies[#bodies + 1] = some[i]
    bytes = bytes + #some[i]
  end
end
if tonumber(lists) < tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
if #bodies == 0 or redis.call('EXISTS', KEYS[4]) == 0 then return { bodies, false } end
local counts = {}
for i = 1, #bodies do counts[i] = tonumber(redis.call('HGET', KEYS[4], fingerprint(bodies[i])) or 0) end
return { bodies, counts }
`,
})
