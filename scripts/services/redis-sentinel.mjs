import { findRedisServer, startRedisSentinel } from '@machinery-internal/test-servers'

/** A master, its replica and a sentinel, which tells clients their addresses. @type {import('./service.mjs').Service} */
export const redisSentinel = {
  name: 'redis-sentinel',
  debian: 'redis-server',
  find: findRedisServer,
  start: async () => {
    const { url, masterName, stop } = await startRedisSentinel()
    return { variables: { REDIS_SENTINEL_URL: url, REDIS_MASTER_NAME: masterName }, stop }
  },
}
