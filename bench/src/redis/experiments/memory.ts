import { redisInfo } from '../../harness/redis-info.js'
import type { Experiment } from '../../harness/suite.js'
import { sendBulk } from '../../tasks/pairs.js'
import { workOff } from '../../tasks/work-off.js'
import type { Peer } from '../peer.js'

const tasks = { full: 100_000, quick: 20_000 }
const mebibyte = 2 ** 20

/** Memory of the producer, the worker and Redis, with 100,000 tasks queued and then worked off. */
export const memory: Experiment<Peer> = {
  measures: [
    { name: 'rss-producer', unit: 'MiB', better: 'lower', about: 'peak memory of the process that sent all tasks' },
    { name: 'rss-worker', unit: 'MiB', better: 'lower', about: 'peak memory of the process that worked them off' },
    { name: 'redis-queued', unit: 'bytes/task', better: 'lower', about: 'memory of Redis per queued task' },
    {
      name: 'redis-done',
      unit: 'bytes/task',
      better: 'lower',
      about: 'memory of Redis per task with its result stored',
    },
  ],
  run: async (subject, { url, scale, startCompanion }) => {
    const empty = await usedMemory(url)
    const peer = await subject.open(url)
    await sendBulk(peer, tasks[scale])
    const queued = await usedMemory(url)
    const producer = peakRss()
    await peer[Symbol.asyncDispose]()
    const worker = await startCompanion()
    const rss = (await worker.stop()) as number
    const done = await usedMemory(url)
    return {
      'rss-producer': producer,
      'rss-worker': rss,
      'redis-queued': (queued - empty) / tasks[scale],
      'redis-done': (done - empty) / tasks[scale],
    }
  },
  companion: async (subject, { url, scale }) => {
    await using peer = await subject.open(url)
    await workOff(peer, { count: tasks[scale], warmUp: 0, concurrency: 100 })
    return async () => peakRss()
  },
}

/** Of this process, in MiB. */
function peakRss(): number {
  return (process.resourceUsage().maxRSS * 1_024) / mebibyte
}

async function usedMemory(url: string): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redisInfo(url, 'memory'))?.[1])
}
