export { TurnBatcher } from './turn-batcher.js'
export type { BatchEntry, TurnBatcherOptions } from './turn-batcher.js'
