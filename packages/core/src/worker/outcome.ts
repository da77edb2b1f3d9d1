import type { TaskResult } from '../contracts/index.js'

/** How a run of a task function ended. */
export type Outcome =
  | { readonly kind: 'success'; readonly results: readonly TaskResult[] }
  /** `mayRetry`: false where a repetition would fail the same way, as with an argument of the wrong type. */
  | { readonly kind: 'failure'; readonly error: unknown; readonly mayRetry: boolean }

/** The delay a task asked for by throwing `RetryTaskLater`, itself or as a cause; undefined for any other error. */
export function askedDelayMs(error: unknown): number | undefined {
  try {
    return findDelayMs(error)
  } catch {
    // A hostile value that throws when it is looked at asks for nothing.
    return undefined
  }
}

function findDelayMs(error: unknown): number | undefined {
  let current = error
  for (let depth = 0; depth < 5; depth++) {
    if (!(current instanceof Error)) return undefined
    // By name, so that an error of a second installed copy of this library counts too.
    if (isRetryTaskLater(current)) return current.delayMs
    current = current.cause
  }
  return undefined
}

function isRetryTaskLater(error: Error): error is Error & { delayMs: number } {
  if (!('delayMs' in error) || typeof error.delayMs !== 'number' || !(error.delayMs >= 0)) return false
  for (let prototype: object | null = error; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    if (prototype.constructor?.name === 'RetryTaskLater') return true
  }
  return false
}
