import { startStopwatch } from '../harness/stopwatch.js'
import type { Experiment, Scale } from '../harness/suite.js'
import { sendBulk } from './pairs.js'
import type { TaskPeer } from './task-peer.js'
import { throughputFigures, throughputMeasures } from './throughput.js'

type Counts = Readonly<Record<Scale, number>>

/** One after another, each awaited. */
export const enqueueOneByOne = enqueue(
  { name: 'enqueue-1', about: 'tasks sent one by one, each awaited', counts: { full: 10_000, quick: 3_000 } },
  async (peer, count) => {
    for (let index = 0; index < count; index++) await peer.send(index, 1)
  },
)

/** As a web server under load does: so many calls at once. */
export const enqueueInFlight = enqueue(
  { name: 'enqueue-100', about: 'tasks sent with 100 calls in flight', counts: { full: 20_000, quick: 10_000 } },
  async (peer, count) => {
    let next = 0
    const caller = async (): Promise<void> => {
      while (next < count) await peer.send(next++, 1)
    }
    await Promise.all(Array.from({ length: 100 }, caller))
  },
)

/** With the call that the library has for many. */
export const enqueueBulk = enqueue(
  { name: 'enqueue-bulk', about: 'tasks sent 1,000 per call', counts: { full: 40_000, quick: 20_000 } },
  sendBulk,
)

function enqueue(
  { name, about, counts }: { name: string; about: string; counts: Counts },
  send: (peer: TaskPeer, count: number) => Promise<void>,
): Experiment<TaskPeer> {
  return {
    measures: throughputMeasures(name, about),
    run: async (subject, { url, scale }) => {
      await using peer = await subject.open(url)
      await send(peer, counts[scale])
      const stop = startStopwatch()
      await send(peer, counts[scale])
      return throughputFigures(name, counts[scale], stop())
    },
  }
}
