import { startStopwatch, type Taken } from '../harness/stopwatch.js'
import type { TaskPeer } from './task-peer.js'

export interface WorkOff {
  readonly concurrency: number
  /** How many tasks the queue holds. */
  readonly count: number
  /** How many of them are done before the clock starts: starting a worker and compiling are not what is measured. */
  readonly warmUp: number
  /** How long each task waits for something, in milliseconds. @default 0: it returns at once */
  readonly waitMs?: number
}

/** Works off a queue. Answers what it took until the last task was over with its result stored. */
export async function workOff(peer: TaskPeer, { concurrency, count, warmUp, waitMs = 0 }: WorkOff): Promise<Taken> {
  let stopwatch = startStopwatch()
  let done = 0
  const over = Promise.withResolvers<Taken>()
  const add = (a: number, b: number): number => a + b
  const addLater = async (a: number, b: number): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    return a + b
  }
  const stop = await peer.work({
    concurrency,
    handler: waitMs > 0 ? addLater : add,
    onDone: () => {
      done++
      if (done === warmUp) stopwatch = startStopwatch()
      if (done === count) over.resolve(stopwatch())
    },
    onFailure: over.reject,
  })
  const taken = await over.promise
  await stop()
  return taken
}

/** @throws Error when not each of `count` tasks is over: what was measured would be something else */
export async function mustHaveFinished(peer: TaskPeer, count: number): Promise<void> {
  const finished = await peer.countFinished(count)
  if (finished !== count) throw new Error(`${finished} of ${count} tasks are finished on the server.`)
}
