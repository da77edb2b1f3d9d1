/** Pause after a failed look, in milliseconds, and its bound while looks keep failing. */
const firstPauseMs = 250
const longestPauseMs = 5_000

/** Looks for what is due: when the next of it is, when told to, and now and then. Keeps no process alive. */
export class DueTimer {
  readonly #look: () => Promise<number | undefined>
  readonly #pollMs: number
  #timer: NodeJS.Timeout | undefined
  #wakesAt = Number.POSITIVE_INFINITY
  #looking: Promise<void> | undefined
  #isAwaited = false
  #isClosed = false
  #pauseMs = firstPauseMs

  /** @param look moves what is due, and answers when the next is (epoch ms) */
  constructor(look: () => Promise<number | undefined>, pollMs: number) {
    this.#look = look
    this.#pollMs = pollMs
    this.wake()
  }

  /** Looks again, at `at` (epoch ms) at the latest. */
  wake(at: number = Date.now()): void {
    if (this.#isClosed) return
    if (this.#looking !== undefined) {
      // What that look sees may be older than what we were told.
      this.#isAwaited = true
      return
    }
    if (at >= this.#wakesAt) return
    clearTimeout(this.#timer)
    this.#wakesAt = at
    this.#timer = setTimeout(() => this.#start(), Math.max(0, Math.ceil(at - Date.now()))).unref()
  }

  /** Ends it, and waits for a look that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  #start(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY
    this.#looking = this.#run().finally(() => {
      this.#looking = undefined
    })
  }

  async #run(): Promise<void> {
    let next: number
    try {
      const due = await this.#look()
      this.#pauseMs = firstPauseMs
      next = Math.min(due ?? Number.POSITIVE_INFINITY, Date.now() + this.#pollMs)
    } catch {
      next = Date.now() + this.#pauseMs
      this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs)
    }
    this.#looking = undefined
    this.wake(this.#isAwaited ? Date.now() : next)
    this.#isAwaited = false
  }
}
