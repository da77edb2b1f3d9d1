import { TurnBatcher } from '../batch/index.js'
import type { Consumer, Delivery, Logger, Settled } from '../contracts/index.js'
import { describeError } from '../errors/index.js'

/** For how long messages are held back whose handling broke down, in milliseconds: at once they would only fail again. */
export const AFTER_BREAKDOWN_MS = 1_000

/** Settles the deliveries of one consumer. None of its promises reject: what cannot be settled comes again. */
export interface Settler {
  /** Calls `done` when the broker has answered. A call back and no promise: every task ends here. */
  ack(delivery: Delivery, done: () => void): void
  /** Gives deliveries back, held back for `delayMs` or as long as the broker can, if that is less. */
  nack(deliveries: readonly Delivery[], delayMs?: number): Promise<void>
  reject(delivery: Delivery, reason: string): Promise<void>
}

export class ConsumerSettler implements Settler {
  readonly #consumer: Consumer
  readonly #logger: Logger
  readonly #maxDelayMs: number
  readonly #acks: TurnBatcher<Delivery, Settled>

  /** @param maxDelayMs the longest delay the broker can hold a message back, in milliseconds */
  constructor(consumer: Consumer, logger: Logger, maxDelayMs: number) {
    this.#consumer = consumer
    this.#logger = logger
    this.#maxDelayMs = maxDelayMs
    this.#acks = new TurnBatcher({ flush: (deliveries) => consumer.ack(deliveries) })
  }

  ack(delivery: Delivery, done: () => void): void {
    this.#acks.add(delivery).settle(
      (settled) => {
        if (settled.status !== 'ok') this.#notSettled('acknowledge', settled.error)
        done()
      },
      (error) => {
        this.#notSettled('acknowledge', error)
        done()
      },
    )
  }

  nack(deliveries: readonly Delivery[], delayMs?: number): Promise<void> {
    const how = delayMs === undefined ? undefined : { delayMs: Math.min(delayMs, this.#maxDelayMs) }
    return this.#settle('give back', () => this.#consumer.nack(deliveries, how))
  }

  reject(delivery: Delivery, reason: string): Promise<void> {
    return this.#settle('park', () => this.#consumer.reject([delivery], reason))
  }

  async #settle(verb: string, call: () => Promise<readonly Settled[]>): Promise<void> {
    try {
      const answers = await call()
      for (const settled of answers) if (settled.status !== 'ok') this.#notSettled(verb, settled.error)
    } catch (error) {
      this.#notSettled(verb, error)
    }
  }

  #notSettled(verb: string, error: unknown): void {
    // Somebody was told that it is parked.
    const level = verb === 'park' ? 'warn' : 'debug'
    this.#logger[level](`Could not ${verb} a message; the broker delivers it again: ${describeError(error)}`)
  }
}

/** `settler.ack` as a promise. */
export function acknowledged(settler: Settler, delivery: Delivery): Promise<void> {
  return new Promise((resolve) => settler.ack(delivery, resolve))
}
