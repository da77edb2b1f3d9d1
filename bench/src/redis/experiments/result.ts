import { monotonicUs } from '../../harness/monotonic-us.js'
import { percentile } from '../../harness/statistics.js'
import type { Experiment } from '../../harness/suite.js'
import type { Peer } from '../peer.js'
import { workAndNote } from './work-and-note.js'

const tasks = { full: 2_000, quick: 500 }
const warmUp = 500

/** From the call that sends a task until its result is there, with the worker in another process. */
export const result: Experiment<Peer> = {
  measures: [
    { name: 'result-p50', unit: 'µs', better: 'lower', about: 'from sending to having the result, median' },
    { name: 'result-p99', unit: 'µs', better: 'lower', about: 'the same, 99th percentile' },
  ],
  run: async (subject, { url, scale, startCompanion }) => {
    await using peer = await subject.open(url)
    await peer.prepareAsking()
    const worker = await startCompanion()
    const latencies: number[] = []
    for (let index = 0; index < warmUp + tasks[scale]; index++) {
      const sentAt = monotonicUs()
      const sum = await peer.ask(index, 1)
      if (index >= warmUp) latencies.push(monotonicUs() - sentAt)
      if (sum !== index + 1) throw new Error(`${index} + 1 came out as ${sum}.`)
    }
    await worker.stop()
    return { 'result-p50': percentile(latencies, 0.5), 'result-p99': percentile(latencies, 0.99) }
  },
  companion: workAndNote,
}
