/** The longest pause before another attempt to connect, in milliseconds. */
const longestMs = 7_000

/** How long one draw holds, so that all connections of a process that were lost together come back together. */
const drawHoldsMs = 1_000

/**
 * Makes a function that says how long to wait before the n-th attempt to reconnect, in milliseconds.
 *
 * Most first attempts come within a fraction of a second (half of them within 160 ms, seven of ten within one second),
 * but the rest are spread over 7 s: of 200 processes that lost the same server, some try at once and the last one
 * 5 s later at the earliest, so that the server is not met by all of them. The longer the outage lasts, the more even the spread.
 */
export function createRetryDelay(random: () => number = Math.random, now: () => number = Date.now): RetryDelay {
  let drawn = 0
  let drawnAt = Number.NEGATIVE_INFINITY
  return (attempt) => {
    if (now() - drawnAt > drawHoldsMs) {
      drawn = random()
      drawnAt = now()
    }
    return Math.round(50 + (longestMs - 50) * drawn ** Math.max(1, 7 - attempt))
  }
}

/** @param attempt 1 or more */
export type RetryDelay = (attempt: number) => number
