import { FlowProducer, type Job, Worker } from 'bullmq'
import { type ChordPeer, concurrency } from './peer.js'

interface Data {
  readonly a: number
  readonly b: number
}

const name = 'bench'

export async function openBullmq(url: string): Promise<ChordPeer> {
  const connection = { host: '127.0.0.1', port: Number(new URL(url).port) }
  const producer = new FlowProducer({ connection })
  await producer.waitUntilReady()
  let running = Promise.withResolvers<number>()
  const fail = (error: unknown): void => running.reject(error)
  const worker = new Worker<Data, number>(
    name,
    async (job) => {
      if (job.name === 'add') return job.data.a + job.data.b
      const total = await sumOfChildren(job)
      running.resolve(total)
      return total
    },
    { connection, concurrency },
  )
  worker.on('error', fail)
  worker.on('failed', (_job, error) => fail(error))
  await worker.waitUntilReady()
  return {
    run: async (members) => {
      running = Promise.withResolvers()
      const children = Array.from({ length: members }, (_, index) => ({
        name: 'add',
        queueName: name,
        data: { a: index, b: 1 },
        opts: { removeOnComplete: false },
      }))
      await producer.add({ name: 'sum', queueName: name, children, opts: { removeOnComplete: false } })
      return await running.promise
    },
    [Symbol.asyncDispose]: async () => {
      await worker.close()
      await producer.close()
    },
  }
}

async function sumOfChildren(job: Job<Data, number>): Promise<number> {
  const values = await job.getChildrenValues<number>()
  return Object.values(values).reduce((one, other) => one + other, 0)
}
