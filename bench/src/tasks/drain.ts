import type { Experiment } from '../harness/suite.js'
import { sendBulk } from './pairs.js'
import type { TaskPeer } from './task-peer.js'
import { throughputFigures, throughputMeasures } from './throughput.js'
import { mustHaveFinished, workOff } from './work-off.js'

// As many again go before: the just-in-time compiler needs them until speed is steady.
const tasks = { full: 20_000, quick: 5_000 }
const tasksThatWait = { full: 20_000, quick: 10_000 }

/** Works off a full queue: tasks per second. */
export function drain(concurrency: number): Experiment<TaskPeer> {
  const about = `no-op tasks worked off a full queue by one worker, concurrency ${concurrency}`
  return workOffExperiment({ name: `drain-${concurrency}`, about, concurrency, tasks })
}

/** The same with tasks that wait, as most do: what is left of the concurrency. */
export function drainWaiting(concurrency: number, waitMs: number): Experiment<TaskPeer> {
  const about = `tasks that wait ${waitMs} ms each, worked off by one worker, concurrency ${concurrency}`
  return workOffExperiment({ name: `drain-wait-${concurrency}`, about, concurrency, tasks: tasksThatWait, waitMs })
}

function workOffExperiment(options: {
  readonly name: string
  readonly about: string
  readonly concurrency: number
  readonly tasks: typeof tasks
  readonly waitMs?: number
}): Experiment<TaskPeer> {
  const { name, about } = options
  return {
    measures: throughputMeasures(name, about),
    run: async (subject, { url, scale }) => {
      await using peer = await subject.open(url)
      const count = options.tasks[scale]
      await sendBulk(peer, 2 * count)
      const taken = await workOff(peer, { ...options, count: 2 * count, warmUp: count })
      await mustHaveFinished(peer, 2 * count)
      return throughputFigures(name, count, taken)
    },
  }
}
