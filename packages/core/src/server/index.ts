export { Server } from './server.js'
export type { ServerOptions } from './server-options.js'
