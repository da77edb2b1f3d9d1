import { defineScript, type RedisScript } from '@machinery/redis-connection'

/**
 * Makes records live longer, never shorter.
 *
 * KEYS the records
 * ARGV[1] how long they live from now at least (ms)
 */
export const extendLives: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
local life = tonumber(ARGV[1])
for i = 1, #KEYS do
  local left = redis.call('PTTL', KEYS[i])
  if left >= 0 and left < life then redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
end
`,
})
