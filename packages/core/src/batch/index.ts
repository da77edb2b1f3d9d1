export { answersOf } from './answers-of.js'
export type { BatchEntry } from './turn-batcher.js'
export { TurnBatcher } from './turn-batcher.js'
