import type { Clock, TaskState } from '../contracts/index.js'
import { ResultTimeoutError } from '../errors/index.js'
import { toMilliseconds } from '../time/index.js'
import type { ResultWaiter } from './result-waiter.js'
import type { WaitOptions } from './wait-options.js'

/** What result handles share. */
export interface ResultSource {
  readonly waiter: ResultWaiter
  readonly clock: Clock
  /** How long `get` waits by default, in milliseconds. */
  readonly defaultTimeoutMs: () => number
}

/** A verdict on the states seen so far: an outcome, an error, or undefined to go on waiting. */
export type Verdict<Value> = { readonly value: Value } | { readonly error: unknown } | undefined

/**
 * Waits until `judge` has a verdict on the states of `uuids`. Always settles.
 * @param subject the UUID that errors name
 * @throws ResultTimeoutError, the reason of `signal`, BackendError, and what `judge` answers as an error
 */
export function waitForStates<Value>(
  source: ResultSource,
  subject: string,
  uuids: readonly string[],
  judge: (states: readonly (TaskState | undefined)[]) => Verdict<Value>,
  options: WaitOptions,
): Promise<Value> {
  const timeoutMs = options.timeout === undefined ? source.defaultTimeoutMs() : toMilliseconds(options.timeout, 'timeout')
  const { signal } = options
  return new Promise<Value>((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const finish = (): void => {
      endWatch()
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (error: unknown): void => {
      finish()
      reject(error)
    }
    const onAbort = (): void => fail(signal?.reason)
    const look = (states: readonly (TaskState | undefined)[]): boolean => {
      const verdict = judge(states)
      if (verdict === undefined) return false
      finish()
      if ('error' in verdict) reject(verdict.error)
      else resolve(verdict.value)
      return true
    }
    const cancelTimer = source.clock.setTimer(() => fail(new ResultTimeoutError(subject, timeoutMs)), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    const endWatch = source.waiter.watch(uuids, look, fail)
  })
}
