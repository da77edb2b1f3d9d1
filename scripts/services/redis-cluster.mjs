import { findRedisServer, startRedisCluster } from '@machinery-internal/test-servers'

/** Three masters. Its nodes redirect clients to their own addresses. @type {import('./service.mjs').Service} */
export const redisCluster = {
  name: 'redis-cluster',
  debian: 'redis-server',
  find: findRedisServer,
  start: async () => {
    const { url, stop } = await startRedisCluster()
    return { variables: { REDIS_CLUSTER_URL: url }, stop }
  },
}
