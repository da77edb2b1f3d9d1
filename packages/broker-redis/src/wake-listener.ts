import { type RedisConnection, RedisSubscriber } from '@machinery/redis-connection'

/** Pause between attempts to subscribe, in milliseconds. */
const tryAgainMs = 10_000

/**
 * Listens to producers that store a message due before all others. What it misses is found by polling, so it is silent about
 * failures, such as a user who may not subscribe.
 */
export class WakeListener {
  readonly #subscriber: RedisSubscriber
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(connection: RedisConnection, channel: string, onWake: () => void) {
    this.#subscriber = new RedisSubscriber(connection)
    void this.#listen(channel, onWake)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#subscriber.close()
  }

  async #listen(channel: string, onWake: () => void): Promise<void> {
    try {
      await this.#subscriber.listen(channel, onWake)
      onWake()
    } catch {
      if (this.#isClosed) return
      this.#timer = setTimeout(() => void this.#listen(channel, onWake), tryAgainMs).unref()
    }
  }
}
