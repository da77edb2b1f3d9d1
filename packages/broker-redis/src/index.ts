/** The Redis broker of Machinery for TypeScript. */
export type { RedisBrokerOptions } from './options.js'
export { RedisBroker } from './redis-broker.js'
