import { findRedisServer, startRedis } from '@machinery-internal/test-servers'

/** @type {import('./service.mjs').Service} */
export const redis = {
  name: 'redis',
  compose: { port: 6379, url: (address) => `redis://${address}` },
  debian: 'redis-server',
  find: findRedisServer,
  start: async () => {
    const { url, stop } = await startRedis()
    return { variables: { REDIS_URL: url }, stop }
  },
}
