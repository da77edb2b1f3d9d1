import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { groupRun } from './group-run.js'

/**
 * Notes that a group's callback was sent.
 *
 * KEYS[1] record   KEYS[2] notes   KEYS[3] pending   KEYS[4] claim
 */
export const markChordSent: RedisScript = defineScript({
  keys: 4,
  lua: /* lua */ `
${groupRun}
if not enterRun(KEYS[1], KEYS[2], KEYS[3], KEYS[4]) then return end
redis.call('HSET', KEYS[2], 'sent', 1)
redis.call('DEL', KEYS[4])
`,
})
