import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { groupRun } from './group-run.js'

/**
 * Takes members of a group for unfinished again.
 *
 * KEYS[1] record   KEYS[2] notes   KEYS[3] pending   KEYS[4] claim
 * ARGV the members that have not ended after all
 */
export const reopenGroup: RedisScript = defineScript({
  keys: 4,
  lua: /* lua */ `
${groupRun}
if enterRun(KEYS[1], KEYS[2], KEYS[3], KEYS[4]) then fillPending(KEYS[1], KEYS[2], KEYS[3], 1) end
`,
})
