import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { groupRun } from './group-run.js'

/**
 * Stores a group's record, forgets what was noted of another group of that UUID, and takes all members for unfinished.
 *
 * KEYS[1] record   KEYS[2] notes   KEYS[3] pending   KEYS[4] claim
 * ARGV[1] the record (JSON)   ARGV[2] its life (ms)   ARGV[3…] the members
 */
export const createGroup: RedisScript = defineScript({
  keys: 4,
  lua: /* lua */ `
${groupRun}
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
enterRun(KEYS[1], KEYS[2], KEYS[3], KEYS[4])
fillPending(KEYS[1], KEYS[2], KEYS[3], 3)
`,
})
