import { type Clock, checkOptions, type Lock, type OptionNames, systemClock } from '@machinery/core/adapter'
import {
  openRedis,
  type RedisConnection,
  type RedisConnectionOptions,
  redisConnectionOptionNames,
  runScript,
  slotTag,
} from '@machinery/redis-connection'
import { acquireLock } from './scripts/acquire-lock.js'

export interface RedisLockOptions extends RedisConnectionOptions {
  /** Time, for telling whether a lock is over. @default the system's */
  readonly clock?: Clock
}

const names: OptionNames<RedisLockOptions> = { ...redisConnectionOptionNames, clock: true }

/** How long it is remembered who took a lock after its end, in milliseconds: longer than any attempt can be late. */
const rememberedMs = 3_600_000

/** Go keeps the ends of locks in 64 bits. */
const lastNanosecond = 9_223_372_036_854_775_807n

/**
 * Locks in Redis: the same keys and values as Go's Machinery, so that a fleet of both takes each lock once. Beside each
 * key there is a private one with the owner, since the value is the same whoever takes it.
 */
export class RedisLock implements Lock {
  readonly name = 'redis'
  readonly #connection: RedisConnection
  readonly #clock: Clock

  /** @throws ConfigurationError where options are wrong or contradict each other */
  constructor(options: RedisLockOptions = {}) {
    checkOptions('RedisLock', options, names)
    this.#connection = openRedis(options)
    this.#clock = options.clock ?? systemClock
  }

  /**
   * Takes `key` until `until`. Of several who want the same end only the first is ever given it, also where their
   * calls arrive when it has passed; that is what makes one run per tick of many schedulers.
   * @throws RangeError for an `until` that 64 bits cannot hold
   * @throws Error when the key holds something that is no lock, and whatever the client throws
   */
  async acquire(key: string, { until, owner }: { readonly until: bigint; readonly owner: string }): Promise<boolean> {
    if (until < 0n || until > lastNanosecond) {
      throw new RangeError(`A lock ends between 0 and ${lastNanosecond} nanoseconds since the epoch, got ${until}.`)
    }
    const client = await this.#connection.ready()
    const now = BigInt(this.#clock.now()) * 1_000_000n
    const lifeMs = lifeOf(until, now)
    const answer = await runScript(
      client,
      acquireLock,
      [key, `${slotTag(key)}:ts:owner`],
      [String(until), String(now), String(lifeMs), String(lifeMs + rememberedMs), owner],
    )
    if (answer === -1) {
      throw new Error(
        `The key ${JSON.stringify(key)} in Redis is no lock: its value is no number. Delete it, or rename the task.`,
      )
    }
    return answer === 1
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

/** As Go counts: whole milliseconds up to the nanosecond after the end, but not less than one where any time is left. */
function lifeOf(until: bigint, now: bigint): number {
  const left = until + 1n - now
  return left <= 0n ? 0 : Math.max(1, Number(left / 1_000_000n))
}
