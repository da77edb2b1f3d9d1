import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { newRawMessage, type RawMessage } from '../tasks/raw-message.js'
import type { Pair, Work } from '../tasks/task-peer.js'
import { countKeys } from './count-keys.js'
import type { Peer } from './peer.js'
import { RawFetcher } from './raw-fetcher.js'

const queue = 'bench'
const processing = 'bench:processing'
const keptSeconds = 3_600

/**
 * What one writes by hand: a list as the queue, a second one for what is being worked on, a string per result. Nothing
 * rescues the messages of a worker that died.
 */
export async function openIoredis(url: string): Promise<Peer> {
  return new IoredisPeer(url)
}

class IoredisPeer implements Peer {
  readonly #url: string
  readonly #redis: Redis
  readonly #replyTo = `bench:reply:${randomUUID()}`
  readonly #asked = new Map<string, (result: number) => void>()
  #replies: Redis | undefined

  constructor(url: string) {
    this.#url = url
    this.#redis = new Redis(url)
  }

  async send(a: number, b: number): Promise<void> {
    await this.#redis.rpush(queue, JSON.stringify(newRawMessage(a, b, '')))
  }

  async sendMany(pairs: readonly Pair[]): Promise<void> {
    await this.#redis.rpush(queue, ...pairs.map(([a, b]) => JSON.stringify(newRawMessage(a, b, ''))))
  }

  async prepareAsking(): Promise<void> {
    this.#replies = new Redis(this.#url)
    this.#replies.on('message', (_channel, text: string) => {
      const { uuid, result } = JSON.parse(text) as { uuid: string; result: number }
      this.#asked.get(uuid)?.(result)
      this.#asked.delete(uuid)
    })
    await this.#replies.subscribe(this.#replyTo)
  }

  async ask(a: number, b: number): Promise<number> {
    const message = newRawMessage(a, b, this.#replyTo)
    const result = new Promise<number>((resolve) => this.#asked.set(message.uuid, resolve))
    await this.#redis.rpush(queue, JSON.stringify(message))
    return await result
  }

  async work(work: Work): Promise<() => Promise<void>> {
    const fetcher = new RawFetcher(this.#redis, { queue, processing })
    const slots = Array.from({ length: work.concurrency }, () => this.#workSlot(fetcher, work))
    return async () => {
      await fetcher.stop()
      await Promise.all(slots)
    }
  }

  async #workSlot(fetcher: RawFetcher, { handler, onDone, onFailure }: Work): Promise<void> {
    try {
      for (let body = await fetcher.next(); body !== undefined; body = await fetcher.next()) {
        const message = JSON.parse(body) as RawMessage
        const [a = 0, b = 0] = message.args
        const returned = handler(a, b)
        await this.#finish(body, message, returned instanceof Promise ? await returned : returned)
        onDone?.()
      }
    } catch (error) {
      onFailure(error)
    }
  }

  async #finish(body: string, { uuid, replyTo }: RawMessage, result: number): Promise<void> {
    const stored = JSON.stringify({ uuid, state: 'SUCCESS', result })
    const commands = this.#redis.pipeline()
    commands.set(`bench:result:${uuid}`, stored, 'EX', keptSeconds)
    commands.lrem(processing, 1, body)
    if (replyTo !== '') commands.publish(replyTo, stored)
    for (const [error] of (await commands.exec()) ?? []) if (error !== null) throw error
  }

  countFinished(): Promise<number> {
    return countKeys(this.#url, 'bench:result:*', (value) => value.includes('"state":"SUCCESS"'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#replies?.disconnect()
    this.#redis.disconnect()
  }
}
