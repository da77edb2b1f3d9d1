import { checkOptions, type OptionNames } from '../errors/index.js'
import { type Duration, toMilliseconds } from '../time/duration.js'
import { fibonacciNext } from './fibonacci.js'

/** How long to wait before a retry. Pure: the same attempt and random number give the same delay. */
export interface Backoff {
  /**
   * Milliseconds to wait before the next try, 0 or more and finite.
   * @param attempt how many tries have failed so far: 1 after the first
   * @param random gives numbers of 0 up to, but not including, 1; default: `Math.random`
   */
  delayMs(attempt: number, random?: () => number): number
}

/** When a task that failed is tried again. */
export interface RetryPolicy {
  /** How often the task runs at most, the first time included: 1 is no retry. A whole number of 1 or more. */
  readonly attempts: number
  readonly backoff: Backoff
  /** Whether this error is worth another try; default: every error is. */
  readonly retryOn?: (error: unknown) => boolean
}

export interface ExponentialOptions {
  /** The longest delay. @default '1h' */
  readonly max?: Duration
  /** By how much each delay is longer than the one before it, 1 or more. @default 2 */
  readonly factor?: number
  /**
   * Which part of the delay is left to chance, so that tasks that failed together are not tried together.
   * 0: none; 0.5: it lasts between half and all of its time; 1: anything up to all of it. @default 0.5
   */
  readonly jitter?: number
}

export interface FibonacciOptions {
  /** What one is. @default '1s' */
  readonly unit?: Duration
  /** The longest delay; default: none. */
  readonly max?: Duration
}

const exponentialNames: OptionNames<ExponentialOptions> = { max: true, factor: true, jitter: true }
const fibonacciNames: OptionNames<FibonacciOptions> = { unit: true, max: true }

/**
 * The same delay each time.
 * @throws RangeError when it is no duration
 */
export function fixed(delay: Duration): Backoff {
  const ms = toMilliseconds(delay, 'fixed() backoff')
  return { delayMs: () => ms }
}

/**
 * `first`, then `factor` times as long each time, up to `max`; shortened at random by up to `jitter` of it.
 * @throws RangeError when an option is out of its bounds; ConfigurationError for unknown options
 */
export function exponential(first: Duration, options: ExponentialOptions = {}): Backoff {
  checkOptions('exponential()', options, exponentialNames, "{ max: '5m' }")
  const firstMs = toMilliseconds(first, 'exponential() first delay')
  const maxMs = toMilliseconds(options.max ?? '1h', 'exponential() max')
  const { factor = 2, jitter = 0.5 } = options
  if (!(factor >= 1 && factor < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`exponential() factor must be 1 or more, got ${factor}.`)
  }
  if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`exponential() jitter must be 0 to 1, got ${jitter}.`)
  return {
    delayMs(attempt, random = Math.random) {
      const grown = firstMs * factor ** (checkAttempt(attempt) - 1)
      // 0 * Infinity is NaN: a first delay of 0 stays 0.
      const ms = firstMs === 0 ? 0 : Math.min(maxMs, grown)
      return jitter === 0 ? ms : ms * (1 - jitter * random())
    },
  }
}

/**
 * 1, 2, 3, 5, 8, 13, … units: the delays of Machinery.
 * @throws RangeError when an option is no duration; ConfigurationError for unknown options
 */
export function fibonacci(options: FibonacciOptions = {}): Backoff {
  checkOptions('fibonacci()', options, fibonacciNames, "{ max: '5m' }")
  const unitMs = toMilliseconds(options.unit ?? '1s', 'fibonacci() unit')
  const maxMs = options.max === undefined ? Number.MAX_SAFE_INTEGER : toMilliseconds(options.max, 'fibonacci() max')
  return {
    delayMs(attempt) {
      const attempts = checkAttempt(attempt)
      let number = 0
      for (let step = 0; step < attempts && number * unitMs < maxMs; step++) {
        const next = fibonacciNext(number)
        if (next === number) break
        number = next
      }
      return Math.min(maxMs, number * unitMs)
    },
  }
}

function checkAttempt(attempt: number): number {
  if (attempt >= 1) return attempt
  throw new RangeError(`Attempts are counted from 1, got ${attempt}.`)
}
