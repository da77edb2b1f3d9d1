/** How often it is looked whether there is too much, and how long deliveries may lie here unasked for, in milliseconds. */
const lookMs = 250
/** How many times as much as was asked for is pushed: the next portion may be on its way while this one is looked at. */
const ahead = 2
/** This many times as much as is asked for is too much. */
const tooMuch = 8

export interface ReadAheadParts {
  /** Two for its consumers, of which one may take the other's place. */
  readonly consumerTags: readonly [string, string]
  /** The most that may be pushed. */
  readonly most: number
  /** Starts a consumer on the channel, for so many deliveries. */
  readonly open: (consumerTag: string, size: number) => Promise<void>
  /** Ends one. What it was handed stays. */
  readonly close: (consumerTag: string) => Promise<void>
  /** Gives back what nobody asked for. */
  readonly giveBack: () => Promise<void>
  /** Whether there are deliveries that nobody asks for. */
  readonly isIdle: () => boolean
}

/**
 * A worker of short tasks asks for more than it runs at once, one of long tasks does not, and what waits behind a busy worker
 * should be with a free one. RabbitMQ cannot change how much it pushes to a consumer, but there can be a second one: as large
 * as what is asked for needs, and replaced when that changes.
 */
export class ReadAhead {
  readonly #parts: ReadAheadParts
  #size = 0
  #tag = 0
  #isChanging = false
  #isStopped = false
  /** The most that was asked for beyond the first consumer since the last look. */
  #peak = 0
  #timer: NodeJS.Timeout | undefined

  constructor(parts: ReadAheadParts) {
    this.#parts = parts
  }

  /**
   * So many more were asked for than the first consumer gets.
   * @param isShort whether none was there though some had been read ahead: they come too slowly
   */
  want(more: number, isShort = false): void {
    const wanted = isShort ? Math.max(more, this.#size + 1) : more
    if (wanted > this.#peak) this.#peak = wanted
    const { most } = this.#parts
    if (wanted > this.#size && this.#size < most) this.#change(() => this.#resize(Math.min(most, wanted * ahead)))
  }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
  }

  #change(change: () => Promise<void>): void {
    if (this.#isChanging || this.#isStopped) return
    this.#isChanging = true
    // What RabbitMQ refuses ends the channel, and with it all of this.
    change().then(
      () => {
        this.#isChanging = false
        // Whoever waits for it does not ask again.
        this.want(this.#peak)
      },
      () => this.stop(),
    )
  }

  async #resize(size: number): Promise<void> {
    const { close, consumerTags, giveBack, open } = this.#parts
    const before = this.#size > 0 ? consumerTags[this.#tag] : undefined
    clearInterval(this.#timer)
    this.#size = size
    if (size > 0) {
      this.#tag = 1 - this.#tag
      await open(consumerTags[this.#tag] as string, size)
    }
    if (before !== undefined) await close(before)
    if (size === 0) await giveBack()
    else if (!this.#isStopped) this.#timer = setInterval(() => this.#look(), lookMs).unref()
  }

  #look(): void {
    const peak = this.#peak
    this.#peak = 0
    if (peak * tooMuch < this.#size && this.#parts.isIdle()) this.#change(() => this.#resize(0))
  }
}
