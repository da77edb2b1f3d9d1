import type { Duration } from '../time/index.js'

/** How long to wait. */
export interface WaitOptions {
  /** @default as long as results live: `resultsExpireIn` */
  readonly timeout?: Duration
  /** Ends the waiting, not the task; `get` rejects with its reason. */
  readonly signal?: AbortSignal
}
