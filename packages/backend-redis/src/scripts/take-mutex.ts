import { defineScript, type RedisScript } from '@machinery/redis-connection'

/**
 * Takes a mutex that nobody has, as SET NX, or that the caller has without knowing.
 *
 * KEYS[1] the mutex
 * ARGV[1] the new value   ARGV[2] its life (ms)   ARGV[3…] values with which the caller may have taken it before
 * Returns 1 taken, 0 somebody has it
 */
export const takeMutex: RedisScript = defineScript({
  keys: 1,
  lua: /* lua */ `
local holder = redis.call('GET', KEYS[1])
local isFree = not holder
for i = 3, #ARGV do isFree = isFree or holder == ARGV[i] end
if not isFree then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`,
})
