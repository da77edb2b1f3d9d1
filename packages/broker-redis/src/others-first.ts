import type { RedisDelivery } from './epoch.js'
import { fingerprint } from './fingerprint.js'

/** The most messages remembered. */
const most = 10_000

/**
 * What was given back with a delay is mostly for others: a task that is not registered here, for instance, but in a worker
 * in Go. Redis hands a message to whoever has waited longest, and that is one of ours each time, as workers in Go begin
 * to wait anew every second. So each consumer passes such a message on once before it takes it again: it goes through
 * the line of those who wait, and comes back only if none of them keeps it. The server counts how often that happens, so
 * that it ends where there is more than a consumer remembers.
 */
export class OthersFirst {
  /** Fingerprint of a message that was passed on -> which delivery that would have been. */
  readonly #passedOn = new Map<string, number>()

  /** Whether to pass this delivery on. Asked once for each delivery that comes after a delay. */
  concerns({ body, deliveryCount }: RedisDelivery): boolean {
    const mark = fingerprint(body)
    const isBack = this.#passedOn.get(mark) === deliveryCount
    this.#passedOn.delete(mark)
    if (isBack) return false
    this.#passedOn.set(mark, deliveryCount)
    if (this.#passedOn.size > most) this.#passedOn.delete(this.#passedOn.keys().next().value as string)
    return true
  }
}
