import { defineScript, type RedisScript } from '@machinery/redis-connection'

/**
 * Releases a mutex that is still the caller's.
 *
 * KEYS[1] the mutex   ARGV[1] the value it was taken with
 */
export const releaseMutex: RedisScript = defineScript({
  keys: 1,
  lua: /* lua */ `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
`,
})
