import { classifyFailure, type RedisConnection } from '@machinery/redis-connection'
import { pause } from './abortable.js'
import type { BlockingMove } from './blocking-move.js'
import type { RedisDelivery } from './epoch.js'
import type { EpochKeeper } from './epoch-keeper.js'
import { fingerprint } from './fingerprint.js'
import type { Heart } from './heart/hearts.js'
import type { QueueKeys } from './keys.js'
import type { Settings } from './options.js'
import { OthersFirst } from './others-first.js'
import { isPassing } from './passing-failure.js'

/** Pauses between attempts while the server cannot serve, in milliseconds. */
const shortestPauseMs = 50
const longestPauseMs = 1_000

/** How long others have for messages that were left to them, before this consumer looks again, in milliseconds. */
const headStartMs = 20

export interface FetcherParts {
  readonly keeper: EpochKeeper
  readonly move: BlockingMove
  readonly heart: Heart
  readonly keys: QueueKeys
  readonly settings: Settings
  readonly connection: RedisConnection
}

/** Takes messages: many at once where there are some, else it waits for the first. Rides out outages shorter than the lease. */
export class Fetcher {
  readonly #parts: FetcherParts
  readonly #othersFirst = new OthersFirst()

  constructor(parts: FetcherParts) {
    this.#parts = parts
  }

  /**
   * One or more deliveries; none when `stop` aborted first. Undefined when the consumer is not registered (any more).
   * What it took when `stop` aborts it returns all the same.
   */
  async fetch(max: number, stop: AbortSignal): Promise<readonly RedisDelivery[] | undefined> {
    const { keeper, settings } = this.#parts
    let slot: number | undefined
    let troubleSince: number | undefined
    let pauseMs = shortestPauseMs
    try {
      while (!stop.aborted) {
        try {
          await this.#untilFresh(stop)
          slot ??= keeper.ring.reserve()
          const claimed = await keeper.claim(slot, max)
          troubleSince = undefined
          pauseMs = shortestPauseMs
          if (claimed === undefined) return undefined
          const fetched = claimed.length > 0 || stop.aborted ? claimed : await this.#wait(slot)
          // Its slot is an epoch's now.
          if (fetched.length > 0) slot = undefined
          const own = await this.#leaveToOthers(fetched)
          if (own.length > 0) return own
          if (fetched.length > 0) await pause(headStartMs, stop)
        } catch (error) {
          if (slot !== undefined && classifyFailure(error) === 'indeterminate') {
            keeper.ring.suspect(slot)
            slot = undefined
          }
          troubleSince ??= performance.now()
          if (!isPassing(error) || performance.now() - troubleSince > settings.leaseMs) throw error
          await pause(pauseMs, stop)
          pauseMs = Math.min(2 * pauseMs, longestPauseMs)
        }
      }
      return []
    } finally {
      if (slot !== undefined) keeper.ring.release(slot)
    }
  }

  async #wait(slot: number): Promise<readonly RedisDelivery[]> {
    const { keeper, keys, move, settings } = this.#parts
    const moved = await move.run(keeper.ring.keyOf(slot), settings.blockMs, keys.counts)
    if (moved === undefined) return []
    const { body } = moved
    // The message is ours whatever becomes of this: without its count it counts as new.
    const field = moved.areCounted ? await this.#countFieldOf(body).catch(() => 0) : 0
    return keeper.ring.fill(slot, [body], [field]).deliveries
  }

  async #countFieldOf(body: Buffer): Promise<number> {
    const { connection, keys } = this.#parts
    const client = await connection.ready()
    return Number(await client.hget(keys.counts, fingerprint(body)))
  }

  /** Passes on what others are to have the first chance of. Returns the rest. */
  async #leaveToOthers(fetched: readonly RedisDelivery[]): Promise<readonly RedisDelivery[]> {
    const left = fetched.filter((delivery) => delivery.isAfterDelay && this.#othersFirst.concerns(delivery))
    if (left.length === 0) return fetched
    for (const delivery of left) delivery.state = 'leaving'
    await this.#parts.keeper.moveOut(left, { to: 'tail' })
    return fetched.filter(({ state }) => state === 'held')
  }

  /** Nothing is taken while others might think that this process is dead. */
  async #untilFresh(stop: AbortSignal): Promise<void> {
    const { heart, keys, settings } = this.#parts
    while (heart.ageMs > settings.freshMs && !stop.aborted) {
      if (heart.ageMs > 2 * settings.leaseMs) {
        throw new Error(
          `This consumer of queue ${keys.queue} could give no sign of life for ${Math.round(heart.ageMs)} ms. Its connection for that is down, or the event loop was blocked.`,
        )
      }
      await pause(shortestPauseMs, stop)
    }
  }
}
