/** Pauses between attempts to connect again. Belongs to one loop. */
export interface ReconnectBackoff {
  /** How long to wait before the next attempt, in milliseconds. Grows from call to call. */
  next(): number
  /** The connection has proved itself: the next outage starts with short pauses again. */
  reset(): void
}

export interface ReconnectBackoffOptions {
  /** Upper bound of the first pause, in milliseconds; it doubles with each. @default 100 */
  readonly firstMs?: number
  /**
   * The most any pause lasts, in milliseconds. @default 8000: spreads clients that lost the same server over 8 s,
   * and still finds it within 10 s of its return
   */
  readonly maxMs?: number
  /** Gives numbers of 0 up to, but not including, 1. @default Math.random */
  readonly random?: () => number
}

/**
 * Pauses with full jitter: each lasts anything up to a bound that doubles, so that a fleet does not come back as one.
 * @throws RangeError when `firstMs` or `maxMs` is not above 0
 */
export function reconnectBackoff(options: ReconnectBackoffOptions = {}): ReconnectBackoff {
  const { firstMs = 100, maxMs = 8000, random = Math.random } = options
  for (const [name, value] of Object.entries({ firstMs, maxMs })) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`reconnectBackoff() ${name} must be above 0 milliseconds, got ${value}.`)
    }
  }
  let bound = Math.min(firstMs, maxMs)
  return {
    next() {
      const pause = bound * random()
      bound = Math.min(maxMs, bound * 2)
      return pause
    },
    reset() {
      bound = Math.min(firstMs, maxMs)
    },
  }
}
