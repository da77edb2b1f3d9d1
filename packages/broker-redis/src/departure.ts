import type { RedisClient } from '@machinery/redis-connection'
import type { EpochKeeper } from './epoch-keeper.js'
import { buryConsumer, giveBackLists } from './graveyard.js'
import type { QueueKeys } from './keys.js'

/** How long to wait for commands that are under way, in milliseconds, and how often to look. */
const underWayMs = 1_000
const lookAgainMs = 5

/** Gives back all that a consumer holds and takes it off the register. Can be repeated until it succeeds. */
export class Departure {
  readonly #keeper: EpochKeeper
  readonly #keys: QueueKeys
  readonly #consumerId: string
  #member: string | null = null

  constructor(keeper: EpochKeeper, keys: QueueKeys, consumerId: string) {
    this.#keeper = keeper
    this.#keys = keys
    this.#consumerId = consumerId
  }

  /** @param isMoveOver whether no blocking move of this consumer can come any more */
  async run(client: RedisClient, isMoveOver: boolean): Promise<void> {
    const { ring } = this.#keeper
    const giveUpAt = performance.now() + underWayMs
    while (ring.epochs.some(({ changing }) => changing > 0) && performance.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
    }
    // What is finished must not come again.
    await this.#keeper.upkeep(0)
    this.#member = (await buryConsumer(client, this.#keys, this.#consumerId, { evenAlive: true })) ?? this.#member
    const epochs = ring.epochs.map(({ key }) => key)
    const others = Array.from({ length: ring.size }, (_, slot) => ring.keyOf(slot)).filter(
      (key) => !epochs.includes(key),
    )
    await giveBackLists(client, this.#keys, [...epochs, ...others])
    // Otherwise others watch its lists for a while.
    if (isMoveOver && this.#member !== null) await client.zrem(this.#keys.buried, this.#member)
  }
}
