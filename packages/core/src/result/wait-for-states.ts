import type { Clock } from '../contracts/index.js'
import { ResultTimeoutError } from '../errors/index.js'
import { toMilliseconds } from '../time/index.js'
import type { ReadStates, ResultWaiter, Seen } from './result-waiter.js'
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

/** What is waited for. */
export interface Question<Value> {
  /** The UUID that errors name. */
  readonly subject: string
  /** What that is. @default 'task' */
  readonly subjectKind?: 'task' | 'workflow'
  /** Every task that may be looked at. */
  readonly all: readonly string[]
  /** Which of them to look at in the next round, given those that were told to have ended. @default all */
  readonly next?: (told: ReadonlySet<string>) => readonly string[]
  /** When what is waited for may start at the earliest: the default timeout counts from there. */
  readonly notBefore?: Date | null
  /** `look again`: to go on waiting, but with the next look at once. */
  readonly judge: (states: ReadStates) => Verdict<Value> | 'look again'
}

/**
 * Waits until there is a verdict. Always settles.
 * @throws ResultTimeoutError, the reason of `signal`, BackendError, and what `judge` answers as an error
 */
export function waitForStates<Value>(
  source: ResultSource,
  question: Question<Value>,
  options: WaitOptions,
): Promise<Value> {
  const timeoutMs =
    options.timeout === undefined ? lifeFrom(source, question.notBefore) : toMilliseconds(options.timeout, 'timeout')
  const { signal } = options
  const { subject, subjectKind, all, next = () => all, judge } = question
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
    const look = (states: ReadStates): Seen => {
      const verdict = judge(states)
      if (verdict === undefined) return 'not enough'
      if (verdict === 'look again') return verdict
      finish()
      if ('error' in verdict) reject(verdict.error)
      else resolve(verdict.value)
      return 'enough'
    }
    // First, since it is what may throw: then nothing is left behind.
    const endWatch = source.waiter.watch(all, next, look, fail)
    const cancelTimer = source.clock.setTimer(
      () => fail(new ResultTimeoutError(subject, timeoutMs, subjectKind, source.waiter.failure)),
      timeoutMs,
    )
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** How long results live, in milliseconds from now, of a task that may not start before `notBefore`. */
export function lifeFrom(source: ResultSource, notBefore: Date | null | undefined): number {
  const delayMs = notBefore ? Math.max(0, notBefore.getTime() - source.clock.now()) : 0
  return delayMs + source.defaultTimeoutMs()
}
