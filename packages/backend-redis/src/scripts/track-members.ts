import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { groupRun } from './group-run.js'

/**
 * Takes all members of a group for unfinished, where nobody did: a worker in Go created the group.
 *
 * KEYS[1] record   KEYS[2] notes   KEYS[3] pending   KEYS[4] claim
 * ARGV[1] the last 160 bytes of the record from which the members were read   ARGV[2…] the members
 */
export const trackMembers: RedisScript = defineScript({
  keys: 4,
  lua: /* lua */ `
${groupRun}
if redis.call('GETRANGE', KEYS[1], -160, -1) ~= ARGV[1] then return end
enterRun(KEYS[1], KEYS[2], KEYS[3], KEYS[4])
if redis.call('HEXISTS', KEYS[2], 'tracked') == 0 then fillPending(KEYS[1], KEYS[2], KEYS[3], 2) end
`,
})
