export type { BatchEntry } from './turn-batcher.js'
export { TurnBatcher } from './turn-batcher.js'
