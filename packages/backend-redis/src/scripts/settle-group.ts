import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { groupRun } from './group-run.js'

/**
 * Notes that all members of a group have ended, or takes some for unfinished again.
 *
 * KEYS[1] record   KEYS[2] notes   KEYS[3] pending   KEYS[4] claim
 * ARGV the members that have not ended after all
 */
export const settleGroup: RedisScript = defineScript({
  keys: 4,
  lua: /* lua */ `
${groupRun}
if not enterRun(KEYS[1], KEYS[2], KEYS[3], KEYS[4]) then return end
if #ARGV > 0 then
  fillPending(KEYS[1], KEYS[2], KEYS[3], 1)
elseif redis.call('SCARD', KEYS[3]) == 0 then
  redis.call('HSET', KEYS[2], 'complete', 1)
end
`,
})
