import { type Clock, ClosedError, type Lock, systemClock } from '../adapter/index.js'
import { ExpiringMap, type Life } from './expiring-map.js'

export interface MemoryLockOptions {
  /** Time, for the end of locks. @default the system's */
  readonly clock?: Clock
  /** Another memory lock, whose keys (and clock) this one uses too. Each is closed on its own. */
  readonly sharedWith?: MemoryLock
}

/** Locks between the servers of one process. */
export class MemoryLock implements Lock {
  readonly name = 'memory'
  readonly #held: ExpiringMap<{ readonly owner: string; readonly life: Life }>
  #isClosed = false

  constructor(options: MemoryLockOptions = {}) {
    const { clock = systemClock, sharedWith } = options
    this.#held = sharedWith === undefined ? new ExpiringMap(clock) : sharedWith.#held
  }

  async acquire(key: string, options: { readonly until: bigint; readonly owner: string }): Promise<boolean> {
    if (this.#isClosed) throw new ClosedError('The memory lock')
    const holder = this.#held.get(key)
    if (holder !== undefined && holder.owner !== options.owner) return false
    // Held up to and including `until`: free from the next millisecond on, the clock's smallest step.
    const expiresAt = Number(options.until / 1_000_000n) + 1
    this.#held.set(key, { owner: options.owner, life: { expiresAt } })
    return true
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }
}
