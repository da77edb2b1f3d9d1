export type { PeriodicGroupOptions, PeriodicInfo, PeriodicOptions, PeriodicOutcome } from './periodic-options.js'
export { Server } from './server.js'
export type { ServerOptions } from './server-options.js'
