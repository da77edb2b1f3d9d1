import { startStopwatch, type Taken } from '../../harness/stopwatch.js'
import type { Peer } from '../peer.js'

export interface WorkOff {
  readonly count: number
  readonly concurrency: number
  /** How long each task waits for something, in milliseconds. @default 0: it returns at once */
  readonly waitMs?: number
}

/**
 * Works off a queue that holds `count` tasks. Answers what it took from the start of the first task until the last one
 * was over with its result stored: starting a worker is not what is measured.
 */
export async function workOff(peer: Peer, { count, concurrency, waitMs = 0 }: WorkOff): Promise<Taken> {
  let stopwatch: ReturnType<typeof startStopwatch> | undefined
  let done = 0
  const add = (a: number, b: number): number => {
    stopwatch ??= startStopwatch()
    return a + b
  }
  const addLater = async (a: number, b: number): Promise<number> => {
    const sum = add(a, b)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    return sum
  }
  const over = Promise.withResolvers<Taken | undefined>()
  const stop = await peer.work({
    concurrency,
    handler: waitMs > 0 ? addLater : add,
    onDone: () => {
      if (++done === count) over.resolve(stopwatch?.())
    },
    onFailure: over.reject,
  })
  const taken = await over.promise
  await stop()
  if (taken === undefined) throw new Error('Tasks were over before the first one started.')
  return taken
}

/** @throws Error when not each of `count` tasks left a result: what was measured would be something else */
export async function mustHaveSucceeded(peer: Peer, count: number): Promise<void> {
  const successes = await peer.countSuccesses()
  if (successes !== count) throw new Error(`${successes} results are stored after ${count} tasks.`)
}
