import { classifyFailure, RedisUnavailableError } from '@machinery/redis-connection'

/** Answers of a server that is starting, losing its place, or out of room: another attempt may do better. */
const passingReply =
  /^(?:READONLY|UNBLOCKED|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|MISCONF|OOM) /

/** Whether a failure may pass by itself: the link, not the request, was at fault. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'ReplyError') return passingReply.test(error.message.replace(/^-/, ''))
  if (error instanceof RedisUnavailableError) return true
  return (
    classifyFailure(error) === 'indeterminate' || /^(?:Stream isn't|Cluster isn't|Too many Cluster)/.test(error.message)
  )
}
