import { withDeadline } from '@machinery/core/adapter'
import type { RedisConnection } from './open-redis.js'
import type { RedisClient } from './redis-client.js'

/** How often subscriptions are repeated, in milliseconds: that shows a dead link, and mends a lost subscription. */
const watchEveryMs = 15_000

/** How long the answer to that may take, in milliseconds. */
const answerWithinMs = 10_000

type Listener = (message: string) => void

/**
 * Listens to channels, on a connection of its own that it closes. Subscriptions come back after every outage; what was
 * published meanwhile is lost, as always with Redis's channels.
 */
export class RedisSubscriber {
  readonly #connection: RedisConnection
  readonly #listeners = new Map<string, Set<Listener>>()
  #client: RedisClient | undefined
  #watch: NodeJS.Timeout | undefined

  /** @param connection what to duplicate */
  constructor(connection: RedisConnection) {
    this.#connection = connection.duplicate()
  }

  /**
   * Calls `listener` for each message from now on. Returns the function that ends it.
   * @throws what `RedisConnection.ready` throws, or the client, when the subscription could not be made
   */
  async listen(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners)
    listeners.add(listener)
    try {
      const client = await this.#connection.ready()
      this.#attend(client)
      await client.subscribe(channel)
    } catch (error) {
      await this.#remove(channel, listener)
      throw error
    }
    return () => this.#remove(channel, listener)
  }

  async close(): Promise<void> {
    clearInterval(this.#watch)
    this.#listeners.clear()
    await this.#connection.close()
  }

  #attend(client: RedisClient): void {
    if (this.#client !== undefined) return
    this.#client = client
    client.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message)
    })
    client.on('ready', () => void this.#subscribeAll(client))
    this.#watch = setInterval(() => {
      if (client.status === 'ready') void this.#subscribeAll(client)
    }, watchEveryMs).unref()
  }

  async #subscribeAll(client: RedisClient): Promise<void> {
    const channels = [...this.#listeners.keys()]
    if (channels.length === 0) return
    try {
      // The subscribing connection of ioredis's cluster client knows no timeout.
      await withDeadline(client.subscribe(...channels), answerWithinMs, () => new Error('No answer.'))
    } catch {
      if (client.status === 'ready') client.disconnect(true)
    }
  }

  async #remove(channel: string, listener: Listener): Promise<void> {
    const listeners = this.#listeners.get(channel)
    if (listeners === undefined) return
    listeners.delete(listener)
    if (listeners.size > 0) return
    this.#listeners.delete(channel)
    // Nobody listens any more either way.
    if (this.#client?.status === 'ready') await this.#client.unsubscribe(channel).catch(() => {})
  }
}
