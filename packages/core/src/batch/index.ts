export type { BatchEntry, TurnBatcherOptions } from './turn-batcher.js'
export { TurnBatcher } from './turn-batcher.js'
