import type { RedisConnection } from '@machinery/redis-connection'

/** Pause between attempts to subscribe, in milliseconds. */
const tryAgainMs = 10_000

/**
 * Listens to producers that store a message due before all others. What it misses is found by polling, so it is silent about
 * failures, such as a user who may not subscribe.
 */
export class WakeListener {
  readonly #connection: RedisConnection
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** @param connection for this alone */
  constructor(connection: RedisConnection, channel: string, onWake: () => void) {
    this.#connection = connection
    void this.#listen(channel, onWake)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#connection.close()
  }

  async #listen(channel: string, onWake: () => void): Promise<void> {
    try {
      const client = await this.#connection.ready()
      client.removeAllListeners('message')
      client.on('message', onWake)
      // The client subscribes again by itself when it reconnects.
      await client.subscribe(channel)
      onWake()
    } catch {
      if (this.#isClosed) return
      this.#timer = setTimeout(() => void this.#listen(channel, onWake), tryAgainMs).unref()
    }
  }
}
