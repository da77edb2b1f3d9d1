// Kept from module load on, so that a user's fake timers do not stop the library.
const { setImmediate } = globalThis

export interface TurnBatcherOptions<Item, Answer> {
  /** Takes a batch and answers one per item, in order. Must settle within a deadline of its own. */
  readonly flush: (items: readonly Item[]) => Promise<readonly Answer[]>
  /** The most items handed over at once. */
  readonly maxItems?: number
  /**
   * The most calls under way at once.
   * @default 1: a call begins when the one before has ended, so that items are carried out in order
   */
  readonly maxCalls?: number
}

/** An item on its way. Until `flushed`, `item` may still be replaced: its answer is then the answer to the newest. */
export interface BatchEntry<Item, Answer> {
  item: Item
  readonly flushed: boolean
  /** Rejects when the whole batch failed. Read it or call `settle`, before the next turn and once. */
  readonly answer: Promise<Answer>
  /** The same for hot paths, where a promise for each item costs too much. */
  settle(onAnswer: (answer: Answer) => void, onError: (error: unknown) => void): void
}

class Entry<Item, Answer> implements BatchEntry<Item, Answer> {
  item: Item
  flushed = false
  /** Nobody need care: an answer that nobody asked for is dropped. */
  onAnswer: ((answer: Answer) => void) | undefined = undefined
  onError: ((error: unknown) => void) | undefined = undefined

  constructor(item: Item) {
    this.item = item
  }

  get answer(): Promise<Answer> {
    return new Promise((resolve, reject) => this.settle(resolve, reject))
  }

  settle(onAnswer: (answer: Answer) => void, onError: (error: unknown) => void): void {
    this.onAnswer = onAnswer
    this.onError = onError
  }
}

/**
 * Gathers what one turn of the event loop produces and hands it over in one call. While as many calls are under way as
 * may be, the next batch grows.
 */
export class TurnBatcher<Item, Answer> {
  readonly #options: TurnBatcherOptions<Item, Answer>
  readonly #maxItems: number
  readonly #maxCalls: number
  #waiting: Entry<Item, Answer>[] = []
  #calls = 0
  #scheduled = false

  constructor(options: TurnBatcherOptions<Item, Answer>) {
    this.#options = options
    this.#maxItems = options.maxItems ?? 1_000
    this.#maxCalls = options.maxCalls ?? 1
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
    this.#calls++
    const entries = this.#take()
    // What is too much for one call need not wait for its end.
    this.#schedule()
    try {
      await this.#flush(entries)
    } catch (error) {
      for (const entry of entries) entry.onError?.(error)
    }
    this.#calls--
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#calls >= this.#maxCalls || this.#waiting.length === 0) return
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
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as Entry<Item, Answer>
      try {
        entry.onAnswer?.(answers[index] as Answer)
      } catch (error) {
        // One listener that breaks must not keep the others from their answers.
        entry.onError?.(error)
      }
    }
  }
}
