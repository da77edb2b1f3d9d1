import { type RedisClient, runScript } from '@machinery/redis-connection'
import type { EpochKeeper } from './epoch-keeper.js'
import type { QueueKeys } from './keys.js'
import { audit } from './scripts/lives.js'

/**
 * Compares what the server holds for a consumer with what the consumer knows. Where a reply was lost the server holds more;
 * seen twice, with nothing done to the list in between, that goes back to the queue.
 */
export class Audit {
  readonly #keeper: EpochKeeper
  readonly #keys: QueueKeys
  readonly #consumerId: string
  /** Slots that held too much, and what state they were in. */
  readonly #tooMuch = new Map<number, number>()

  constructor(keeper: EpochKeeper, keys: QueueKeys, consumerId: string) {
    this.#keeper = keeper
    this.#keys = keys
    this.#consumerId = consumerId
  }

  /** False when the consumer is not registered. */
  async run(client: RedisClient): Promise<boolean> {
    const { ring } = this.#keeper
    const before = Array.from({ length: ring.size }, (_, slot) => ring.stateOf(slot))
    const lists = before.map((_, slot) => ring.keyOf(slot))
    const found = await runScript(client, audit, [this.#keys.consumers, ...lists], [this.#consumerId])
    const [isRegistered, ...lengths] = found as readonly number[]
    if (isRegistered !== 1) return false
    for (const [slot, length] of lengths.entries()) {
      const state = before[slot]
      if (state === undefined || ring.stateOf(slot) !== state) this.#tooMuch.delete(slot)
      else await this.#judge(slot, length, state)
    }
    return true
  }

  async #judge(slot: number, length: number, state: number): Promise<void> {
    const { ring } = this.#keeper
    const epoch = ring.epochAt(slot)
    if (length > (epoch?.stored ?? 0)) {
      if (this.#tooMuch.get(slot) !== state) {
        this.#tooMuch.set(slot, state)
        return
      }
      await this.#keeper.returnUnknown(slot)
    } else if (epoch === undefined && length === 0) {
      ring.foundEmpty(slot)
    }
    this.#tooMuch.delete(slot)
  }
}
