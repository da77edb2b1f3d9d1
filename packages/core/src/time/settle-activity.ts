import { nativeSetImmediate } from './native-timers.js'

/** However busy the program is, waiting for it ends: an endless loop of promises must not hang a test silently. */
const mostTurns = 10_000

/**
 * Lets pending work of this process go on until it seems to rest: turns of the event loop pass (each runs all
 * promise callbacks) until `activity()` has answered the same for `quietTurns` turns.
 */
export async function settleActivity(activity: () => number, quietTurns: number): Promise<void> {
  let seen = activity()
  for (let turn = 0, quiet = 0; quiet < quietTurns && turn < mostTurns; turn++) {
    await new Promise<void>((resolve) => void nativeSetImmediate(resolve))
    const now = activity()
    quiet = now === seen ? quiet + 1 : 0
    seen = now
  }
}
