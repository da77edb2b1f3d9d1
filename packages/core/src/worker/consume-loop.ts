import type { Broker, Clock, Consumer, Delivery, Logger } from '../contracts/index.js'
import { describeError } from '../errors/index.js'
import { reconnectBackoff } from '../retry/index.js'
import { sleep } from '../time/index.js'
import type { Settler } from './settler.js'
import { ConsumerSettler } from './settler.js'

/** How often a pre-consume handler that said no is asked again, in milliseconds. */
const ASK_AGAIN_MS = 100

/** The pause after an answer that has no deliveries though nobody interrupted the fetch, in milliseconds. */
const NOTHING_PAUSE_MS = 5

export interface ConsumeLoopOptions {
  readonly broker: Broker
  readonly clock: Clock
  readonly logger: Logger
  readonly queue: string
  readonly consumerTag: string
  readonly concurrency: number
  readonly maxUnsettled: number
  /** Waits until more deliveries are welcome and answers how many; 0 when `signal` aborts. */
  readonly room: (signal: AbortSignal) => Promise<number>
  readonly mayConsume: () => boolean
  readonly accept: (deliveries: readonly Delivery[], settler: Settler) => void
  readonly onError: (error: unknown) => void
}

/** Reads one queue until told to stop: opens a consumer, fetches as there is room, and opens another after an outage. */
export class ConsumeLoop {
  readonly #options: ConsumeLoopOptions
  readonly #stop = new AbortController()
  /** Ends the fetch under way; made anew after each use. */
  #fetch = new AbortController()
  readonly #stopped = new Promise<undefined>((resolve) => {
    this.#stop.signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  #consumer: Consumer | undefined

  constructor(options: ConsumeLoopOptions) {
    this.#options = options
  }

  /** Ends fetching. `run` resolves soon after; deliveries already fetched have been handed over by then. */
  stop(): void {
    this.#stop.abort()
    this.#fetch.abort()
  }

  /** Ends a fetch that waits: it asked for more than is welcome now. */
  interrupt(): void {
    this.#fetch.abort()
  }

  /** Gives back all that is unsettled and releases the consumer. Call it after `run` resolved. */
  async close(): Promise<void> {
    await this.#release()
  }

  async run(): Promise<void> {
    const backoff = reconnectBackoff()
    while (!this.#stop.signal.aborted) {
      try {
        const consumer = await this.#open()
        if (consumer === undefined) return
        this.#consumer = consumer
        await this.#consume(consumer, () => backoff.reset())
      } catch (error) {
        await this.#release()
        if (this.#stop.signal.aborted) return
        this.#options.onError(error)
        await sleep(this.#options.clock, backoff.next(), this.#stop.signal).catch(() => undefined)
      }
    }
  }

  /** Undefined when stopped meanwhile: a consumer that opens later is closed by its own promise. */
  async #open(): Promise<Consumer | undefined> {
    const { broker, queue, consumerTag, concurrency, maxUnsettled } = this.#options
    const opening = broker.consume({ queue, consumerTag, concurrency, maxUnsettled })
    let isWanted = true
    opening.then(
      (consumer) => (isWanted ? undefined : this.#closeQuietly(consumer)),
      () => undefined,
    )
    try {
      const consumer = await Promise.race([opening, this.#stopped])
      if (consumer === undefined) isWanted = false
      return consumer
    } catch (error) {
      isWanted = false
      throw error
    }
  }

  async #consume(consumer: Consumer, onAlive: () => void): Promise<void> {
    const { broker, clock, logger, room, mayConsume, accept } = this.#options
    const { signal } = this.#stop
    const settler = new ConsumerSettler(consumer, logger, broker.capabilities.maxDelayMs)
    while (!signal.aborted) {
      const max = await room(signal)
      if (max <= 0) continue
      if (!mayConsume()) {
        await sleep(clock, ASK_AGAIN_MS, signal).catch(() => undefined)
        continue
      }
      if (this.#fetch.signal.aborted && !signal.aborted) this.#fetch = new AbortController()
      const deliveries = await consumer.receive(max, this.#fetch.signal)
      onAlive()
      if (deliveries.length > 0) accept(deliveries, settler)
      // An adapter that answers nothing instead of waiting must not starve the program.
      else if (!this.#fetch.signal.aborted) await sleep(clock, NOTHING_PAUSE_MS, signal).catch(() => undefined)
    }
  }

  async #release(): Promise<void> {
    const consumer = this.#consumer
    this.#consumer = undefined
    if (consumer !== undefined) await this.#closeQuietly(consumer)
  }

  async #closeQuietly(consumer: Consumer): Promise<void> {
    try {
      await consumer.close()
    } catch (error) {
      this.#options.logger.debug(`A consumer could not be closed cleanly: ${describeError(error)}`)
    }
  }
}
