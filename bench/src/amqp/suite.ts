import { defineSuite, type Suite } from '../harness/suite.js'
import { drain } from '../tasks/drain.js'
import { enqueueInFlight, enqueueOneByOne } from '../tasks/enqueue.js'
import type { TaskPeer } from '../tasks/task-peer.js'

/** Tasks on RabbitMQ, without results: what the client alone can do, and what is left of it. */
export const amqpSuite: Suite = defineSuite<TaskPeer>({
  name: 'amqp',
  title: 'Tasks on RabbitMQ',
  server: 'rabbitmq',
  subjects: [
    { name: 'machinery', open: async (url) => (await import('./machinery.js')).openMachinery(url) },
    { name: 'amqplib', open: async (url) => (await import('./amqplib.js')).openAmqplib(url) },
  ],
  raw: 'amqplib',
  experiments: [drain(1), drain(10), drain(100), enqueueOneByOne, enqueueInFlight],
})
