import { findRedisServer, startRedis } from '@machinery-internal/test-servers'

/** Keeps what it confirmed, also when it is killed: what the delivery guarantees ask of Redis. @type {import('./service.mjs').Service} */
export const redisAof = {
  name: 'redis-aof',
  compose: { port: 6379, url: (address) => `redis://${address}` },
  debian: 'redis-server',
  find: findRedisServer,
  start: async () => {
    const { url, stop } = await startRedis({ durability: 'always' })
    return { variables: { REDIS_AOF_URL: url }, stop }
  },
}
