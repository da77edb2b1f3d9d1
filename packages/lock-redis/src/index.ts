/** Machinery's locks in Redis. */
export type { RedisLockOptions } from './redis-lock.js'
export { RedisLock } from './redis-lock.js'
