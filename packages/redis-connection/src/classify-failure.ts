import { isMachineryError } from '@machinery/core'
import { RedisUnavailableError } from './redis-unavailable-error.js'

/** The words of ioredis for a command that it never wrote, because there was no connection to write it to. */
const neverWritten =
  /^(?:Stream isn't writeable|Cluster isn't ready|Connection in subscriber mode|Too many Cluster redirections)/

/**
 * What a failed command means. `rejected`: surely not done, since the server refused it or never saw it.
 * `indeterminate`: it was sent, and the connection broke or the time ran out before the answer came.
 */
export function classifyFailure(error: unknown): 'rejected' | 'indeterminate' {
  if (!(error instanceof Error)) return 'indeterminate'
  // By name, which also holds where two copies of the client library are installed.
  if (error.name === 'ReplyError') return 'rejected'
  if (error instanceof RedisUnavailableError || isMachineryError(error)) return 'rejected'
  return neverWritten.test(error.message) ? 'rejected' : 'indeterminate'
}
