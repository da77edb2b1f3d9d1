import { randomUUID } from 'node:crypto'
import Queue from 'bee-queue'
import type { Pair, Work } from '../tasks/task-peer.js'
import type { Peer } from './peer.js'

interface Data {
  readonly a: number
  readonly b: number
}

const name = 'bench'
const closeWithinMs = 5_000

export async function openBeeQueue(url: string): Promise<Peer> {
  const redis = { host: '127.0.0.1', port: Number(new URL(url).port) }
  // As its README advises for a process that only sends and wants no events.
  const queue = new Queue<Data>(name, { redis, isWorker: false, getEvents: false, storeJobs: false })
  await queue.ready()
  return new BeeQueuePeer(redis, queue)
}

class BeeQueuePeer implements Peer {
  readonly #redis: { readonly host: string; readonly port: number }
  readonly #queue: Queue<Data>
  #asking: Queue<Data> | undefined
  readonly #asked = new Map<string, PromiseWithResolvers<number>>()

  constructor(redis: { readonly host: string; readonly port: number }, queue: Queue<Data>) {
    this.#redis = redis
    this.#queue = queue
  }

  async send(a: number, b: number): Promise<void> {
    await this.#queue.createJob({ a, b }).save()
  }

  async sendMany(pairs: readonly Pair[]): Promise<void> {
    const errors = await this.#queue.saveAll(pairs.map(([a, b]) => this.#queue.createJob({ a, b })))
    for (const error of errors.values()) throw error
  }

  async prepareAsking(): Promise<void> {
    this.#asking = new Queue<Data>(name, { redis: this.#redis, isWorker: false, storeJobs: false })
    // A job's own events are missed when it is over before its `save()` is, so this listens to the queue's.
    this.#asking.on('job succeeded', (id, result: number) => this.#asked.get(id)?.resolve(result))
    this.#asking.on('job failed', (id, error) => this.#asked.get(id)?.reject(error))
    await this.#asking.ready()
  }

  async ask(a: number, b: number): Promise<number> {
    if (this.#asking === undefined) throw new Error('Call prepareAsking first.')
    const id = randomUUID()
    const result = Promise.withResolvers<number>()
    this.#asked.set(id, result)
    await this.#asking.createJob({ a, b }).setId(id).save()
    try {
      return await result.promise
    } finally {
      this.#asked.delete(id)
    }
  }

  async work({ concurrency, handler, onDone, onFailure }: Work): Promise<() => Promise<void>> {
    const queue = new Queue<Data>(name, { redis: this.#redis, getEvents: false })
    queue.on('error', onFailure)
    queue.on('failed', (_job, error) => onFailure(error))
    if (onDone !== undefined) queue.on('succeeded', onDone)
    await queue.ready()
    queue.process(concurrency, async ({ data }) => handler(data.a, data.b))
    return () => queue.close(closeWithinMs)
  }

  async countFinished(): Promise<number> {
    return (await this.#queue.checkHealth()).succeeded
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#asking?.close(closeWithinMs)
    await this.#queue.close(closeWithinMs)
  }
}
