import { type Job, Queue, QueueEvents, Worker } from 'bullmq'
import type { Pair, Work } from '../tasks/task-peer.js'
import type { Peer } from './peer.js'

interface Data {
  readonly a: number
  readonly b: number
}

const name = 'bench'

export async function openBullmq(url: string): Promise<Peer> {
  const connection = { host: '127.0.0.1', port: Number(new URL(url).port) }
  const queue = new Queue<Data, number>(name, { connection, defaultJobOptions: { removeOnComplete: false } })
  await queue.waitUntilReady()
  return new BullmqPeer(connection, queue)
}

class BullmqPeer implements Peer {
  readonly #connection: { readonly host: string; readonly port: number }
  readonly #queue: Queue<Data, number>
  #results: QueueEvents | undefined

  constructor(connection: { readonly host: string; readonly port: number }, queue: Queue<Data, number>) {
    this.#connection = connection
    this.#queue = queue
  }

  async send(a: number, b: number): Promise<void> {
    await this.#queue.add('add', { a, b })
  }

  async sendMany(pairs: readonly Pair[]): Promise<void> {
    await this.#queue.addBulk(pairs.map(([a, b]) => ({ name: 'add', data: { a, b } })))
  }

  async prepareAsking(): Promise<void> {
    this.#results = new QueueEvents(name, { connection: this.#connection })
    await this.#results.waitUntilReady()
  }

  async ask(a: number, b: number): Promise<number> {
    if (this.#results === undefined) throw new Error('Call prepareAsking first.')
    const job = await this.#queue.add('add', { a, b })
    return await job.waitUntilFinished(this.#results, 10_000)
  }

  async work({ concurrency, handler, onDone, onFailure }: Work): Promise<() => Promise<void>> {
    const run = async ({ data }: Job<Data, number>): Promise<number> => handler(data.a, data.b)
    const worker = new Worker<Data, number>(name, run, { connection: this.#connection, concurrency, autorun: false })
    worker.on('error', onFailure)
    worker.on('failed', (_job, error) => onFailure(error))
    if (onDone !== undefined) worker.on('completed', onDone)
    await worker.waitUntilReady()
    worker.run().catch(onFailure)
    return () => worker.close()
  }

  countFinished(): Promise<number> {
    return this.#queue.getCompletedCount()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#results?.close()
    await this.#queue.close()
  }
}
