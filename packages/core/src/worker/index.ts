export { Worker } from './worker.js'
export type { WorkerOptions } from './worker-options.js'
export { resolveWorkerOptions } from './worker-options.js'
