import type { Clock } from '../contracts/clock.js'
import { nativeClearTimeout, nativeNow, nativeSetTimeout } from './native-timers.js'

/** Node runs a timer of more than this at once (24.8 days). */
const longestHopMs = 2 ** 31 - 1

/**
 * Real time. Its timers are unaffected by fake timers that a test installs, take any delay (below 0 counts as 0, `Infinity` never fires), and
 * keep the process alive until they fire or are cancelled.
 */
export const systemClock: Clock = {
  now: nativeNow,

  setTimer(callback, ms) {
    if (Number.isNaN(ms)) throw new RangeError('A timer needs a number of milliseconds, got NaN.')
    // Node cuts fractions off, which would be early.
    let left = Math.ceil(Math.max(0, ms))
    let timer: NodeJS.Timeout

    const hop = (): void => {
      const length = Math.min(left, longestHopMs)
      left -= length
      timer = nativeSetTimeout(left > 0 ? hop : callback, length)
    }
    hop()
    return () => nativeClearTimeout(timer)
  },
}
