// Kept from module load on, so that a user's fake timers do not stop the library.
const { setImmediate } = globalThis

export interface TurnBatcherOptions<Item, Answer> {
  /** Takes a batch and answers one per item, in order. Must settle within a deadline of its own. */
  readonly flush: (items: readonly Item[]) => Promise<readonly Answer[]>
  /** The most items handed over at once. */
  readonly maxItems?: number
}

/** An item on its way. Until `flushed`, `item` may still be replaced: its answer is then the answer to the newest. */
export interface BatchEntry<Item, Answer> {
  item: Item
  readonly flushed: boolean
  readonly answer: Promise<Answer>
}

class Entry<Item, Answer> implements BatchEntry<Item, Answer> {
  item: Item
  flushed = false
  readonly answer: Promise<Answer>
  resolve!: (answer: Answer) => void
  reject!: (error: unknown) => void

  constructor(item: Item) {
    this.item = item
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}

/**
 * Gathers what one turn of the event loop produces and hands it over in one call. While a call is under way the next
 * batch grows; calls never overlap, so items arrive in order.
 */
export class TurnBatcher<Item, Answer> {
  readonly #options: TurnBatcherOptions<Item, Answer>
  readonly #maxItems: number
  #waiting: Entry<Item, Answer>[] = []
  #flushing = false
  #scheduled = false

  constructor(options: TurnBatcherOptions<Item, Answer>) {
    this.#options = options
    this.#maxItems = options.maxItems ?? 1_000
  }

  /** Hands `item` over with this turn's batch. The answer rejects when the whole batch failed. */
  add(item: Item): BatchEntry<Item, Answer> {
    const entry = new Entry<Item, Answer>(item)
    this.#waiting.push(entry)
    this.#schedule()
    return entry
  }

  readonly #run = async (): Promise<void> => {
    this.#scheduled = false
    this.#flushing = true
    const entries = this.#take()
    try {
      await this.#flush(entries)
    } catch (error) {
      for (const entry of entries) entry.reject(error)
    }
    this.#flushing = false
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#flushing || this.#waiting.length === 0) return
    this.#scheduled = true
    setImmediate(this.#run)
  }

  #take(): Entry<Item, Answer>[] {
    if (this.#waiting.length <= this.#maxItems) {
      const all = this.#waiting
      this.#waiting = []
      return all
    }
    return this.#waiting.splice(0, this.#maxItems)
  }

  async #flush(entries: Entry<Item, Answer>[]): Promise<void> {
    const items = entries.map((entry) => {
      entry.flushed = true
      return entry.item
    })
    const answers = await this.#options.flush(items)
    if (answers.length !== items.length) {
      throw new Error(`An adapter answered ${answers.length} of ${items.length} items. It must answer each, in order.`)
    }
    for (const [index, entry] of entries.entries()) entry.resolve(answers[index] as Answer)
  }
}
