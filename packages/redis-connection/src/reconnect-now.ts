import type { RedisClient } from './redis-client.js'

/**
 * Ends the pause before a client's next attempt to connect. Does nothing where there is no such pause; a cluster client,
 * which has many, is left alone.
 */
export function reconnectNow(client: RedisClient): void {
  if (client.isCluster || client.status !== 'reconnecting') return
  const pause: unknown = Reflect.get(client, 'reconnectTimeout')
  if (typeof pause !== 'object' || pause === null) return
  // Otherwise ioredis connects once more when the pause is over, even after `disconnect()`, which ends only the newest one.
  clearTimeout(pause as NodeJS.Timeout)
  client.connect().catch(() => {})
}
