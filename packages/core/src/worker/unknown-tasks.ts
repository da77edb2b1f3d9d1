import type { Delivery } from '../contracts/index.js'

/** How often a message of an unknown task is given back before it is parked. */
export const UNKNOWN_TASK_DELIVERIES = 10
const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 30_000
/** The most messages counted at once, where the broker does not count. */
const COUNTED = 10_000

/**
 * Decides what becomes of messages whose task this worker does not know. Another fleet on the same queue may know it,
 * so they go back, ever more slowly; after some three minutes nobody took them, and they are parked.
 */
export class UnknownTasks {
  readonly #counts = new Map<string, number>()

  /** How long the message is to be held back, in milliseconds, or undefined: park it. */
  nextDelayMs(uuid: string, delivery: Delivery): number | undefined {
    const deliveries = delivery.deliveryCount ?? this.#count(uuid)
    if (deliveries > UNKNOWN_TASK_DELIVERIES) {
      this.#counts.delete(uuid)
      return undefined
    }
    return Math.min(FIRST_DELAY_MS * 2 ** (deliveries - 1), LONGEST_DELAY_MS)
  }

  #count(uuid: string): number {
    const count = (this.#counts.get(uuid) ?? 0) + 1
    this.#counts.delete(uuid)
    this.#counts.set(uuid, count)
    if (this.#counts.size > COUNTED) this.#counts.delete(this.#counts.keys().next().value as string)
    return count
  }
}
