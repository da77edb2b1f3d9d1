import type { Redis } from 'ioredis'

const blockSeconds = 1

/**
 * Takes messages one by one for any number of slots. While there are some, each slot fetches for itself; on an empty queue
 * one of them waits for the next message and the others wait for their turn.
 */
export class RawFetcher {
  readonly #redis: Redis
  readonly #blocking: Redis
  readonly #keys: { readonly queue: string; readonly processing: string }
  #turn: Promise<unknown> = Promise.resolve()
  #isStopped = false

  constructor(redis: Redis, keys: { readonly queue: string; readonly processing: string }) {
    this.#redis = redis
    this.#blocking = redis.duplicate()
    this.#keys = keys
  }

  /** The next message. Undefined: it was stopped. */
  async next(): Promise<string | undefined> {
    const { queue, processing } = this.#keys
    if (this.#isStopped) return undefined
    const body = await this.#redis.lmove(queue, processing, 'LEFT', 'RIGHT')
    if (body !== null) return body
    const waited = this.#turn.then(() => this.#wait())
    this.#turn = waited.catch(() => undefined)
    return await waited
  }

  /** Slots that wait hear of it within a second. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#turn
    this.#blocking.disconnect()
  }

  async #wait(): Promise<string | undefined> {
    const { queue, processing } = this.#keys
    while (!this.#isStopped) {
      const body = await this.#blocking.blmove(queue, processing, 'LEFT', 'RIGHT', blockSeconds)
      if (body !== null) return body
    }
    return undefined
  }
}
