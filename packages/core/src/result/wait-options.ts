import { checkOptions, type OptionNames } from '../errors/index.js'
import type { Duration } from '../time/index.js'

/** How long to wait. */
export interface WaitOptions {
  /** @default as long as results live: `resultsExpireIn` */
  readonly timeout?: Duration
  /** Ends the waiting, not the task; `get` rejects with its reason. */
  readonly signal?: AbortSignal
}

const names: OptionNames<WaitOptions> = { timeout: true, signal: true }

/** @throws ConfigurationError when they are no object, or have an unknown name */
export function checkWaitOptions(options: WaitOptions): void {
  checkOptions('get()', options, names, "{ timeout: '10s' }")
}
