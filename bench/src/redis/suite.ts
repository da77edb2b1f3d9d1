import { defineSuite, type Suite } from '../harness/suite.js'
import { drain, drainWaiting } from '../tasks/drain.js'
import { enqueueBulk, enqueueInFlight, enqueueOneByOne } from '../tasks/enqueue.js'
import { commandsBusy, commandsIdle } from './experiments/commands.js'
import { idle } from './experiments/idle.js'
import { memory } from './experiments/memory.js'
import { opening } from './experiments/opening.js'
import { result } from './experiments/result.js'
import type { Peer } from './peer.js'

/** Plain tasks on Redis. */
export const redisSuite: Suite = defineSuite<Peer>({
  name: 'redis',
  title: 'Tasks on Redis',
  server: 'redis',
  subjects: [
    { name: 'machinery', open: async (url) => (await import('./machinery.js')).openMachinery(url) },
    { name: 'bullmq', open: async (url) => (await import('./bullmq.js')).openBullmq(url) },
    { name: 'bee-queue', open: async (url) => (await import('./bee-queue.js')).openBeeQueue(url) },
    { name: 'ioredis', open: async (url) => (await import('./ioredis.js')).openIoredis(url) },
  ],
  raw: 'ioredis',
  experiments: [
    drain(1),
    drain(10),
    drain(100),
    drainWaiting(1_000, 5),
    enqueueOneByOne,
    enqueueInFlight,
    enqueueBulk,
    idle,
    result,
    commandsBusy,
    commandsIdle,
    memory,
    opening,
  ],
})
