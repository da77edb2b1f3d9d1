/** How long deliveries may lie here unasked for before others get them, in milliseconds. */
const idleMs = 250

export interface ReadAheadParts {
  /** Starts a second consumer on the channel. */
  readonly open: () => Promise<void>
  /** Ends it, and gives back what nobody asked for. */
  readonly close: () => Promise<void>
  /** Whether there are deliveries that nobody asks for. */
  readonly isIdle: () => boolean
}

/**
 * A worker of short tasks asks for more than it runs at once, one of long tasks does not, and what waits behind a busy worker
 * should be with a free one. RabbitMQ cannot change how much it pushes to a consumer, but there can be a second one.
 */
export class ReadAhead {
  readonly #parts: ReadAheadParts
  #state: 'closed' | 'changing' | 'open' | 'stopped' = 'closed'
  #lastAsked = 0
  #timer: NodeJS.Timeout | undefined

  constructor(parts: ReadAheadParts) {
    this.#parts = parts
  }

  /** More was asked for than the first consumer gets. */
  want(): void {
    this.#lastAsked = performance.now()
    if (this.#state === 'closed') void this.#change(this.#parts.open, 'open')
  }

  stop(): void {
    this.#state = 'stopped'
    clearInterval(this.#timer)
  }

  async #change(change: () => Promise<void>, next: 'open' | 'closed'): Promise<void> {
    this.#state = 'changing'
    clearInterval(this.#timer)
    try {
      await change()
    } catch {
      // What RabbitMQ refuses ends the channel, and with it all of this.
      return
    }
    if ((this.#state as string) === 'stopped') return
    this.#state = next
    if (next === 'open') this.#timer = setInterval(() => this.#look(), idleMs).unref()
  }

  #look(): void {
    const { isIdle, close } = this.#parts
    if (isIdle() && performance.now() - this.#lastAsked >= idleMs) void this.#change(close, 'closed')
  }
}
