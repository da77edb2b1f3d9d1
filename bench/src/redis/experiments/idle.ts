import { setTimeout as delay } from 'node:timers/promises'
import { monotonicUs } from '../../harness/monotonic-us.js'
import { percentile } from '../../harness/statistics.js'
import type { Experiment } from '../../harness/suite.js'
import type { Peer } from '../peer.js'
import { workAndNote } from './work-and-note.js'

const tasks = { full: 1_000, quick: 300 }
const warmUp = 300

/** Longer than any library needs for a task, so that each one finds an idle worker. */
const pauseMs = 8

/** From the call that sends a task until the task starts, in another process that has nothing to do. */
export const idle: Experiment<Peer> = {
  measures: [
    { name: 'idle-p50', unit: 'µs', better: 'lower', about: 'from sending to starting on an idle worker, median' },
    { name: 'idle-p99', unit: 'µs', better: 'lower', about: 'the same, 99th percentile' },
  ],
  run: async (subject, { url, scale, startCompanion }) => {
    await using peer = await subject.open(url)
    const worker = await startCompanion()
    const count = warmUp + tasks[scale]
    const sentAt: number[] = []
    for (let index = 0; index < count; index++) {
      sentAt.push(monotonicUs())
      await peer.send(index, 1)
      await delay(pauseMs)
    }
    const startedAt = (await worker.stop()) as readonly number[]
    const latencies = sentAt.map((at, index) => (startedAt[index] ?? Number.NaN) - at).slice(warmUp)
    if (latencies.some(Number.isNaN)) throw new Error('Not every task had started.')
    return { 'idle-p50': percentile(latencies, 0.5), 'idle-p99': percentile(latencies, 0.99) }
  },
  companion: workAndNote,
}
