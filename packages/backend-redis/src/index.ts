/** Machinery's states, results and groups in Redis. */
export type { RedisBackendOptions } from './redis-backend.js'
export { RedisBackend } from './redis-backend.js'
