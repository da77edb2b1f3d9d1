import type { Clock } from '../contracts/index.js'

/** Until when records live, in milliseconds since the epoch. Records that share one object live and die together. */
export interface Life {
  expiresAt: number
}

/** A map that forgets. Expired entries are gone for readers at once, and leave memory little by little as others come. */
export class ExpiringMap<V extends { readonly life: Life }> {
  readonly #entries = new Map<string, V>()
  readonly #clock: Clock
  #sweep: Iterator<[string, V]>

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sweep = this.#entries.entries()
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.life.expiresAt > this.#clock.now()) return entry
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, entry: V): void {
    this.#entries.set(key, entry)
    // Two steps for each entry that comes: so the sweep is sure to catch up, at constant cost and without a timer.
    this.#sweepOne()
    this.#sweepOne()
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  /** How many entries it holds in memory, expired ones included. */
  get size(): number {
    return this.#entries.size
  }

  #sweepOne(): void {
    const step = this.#sweep.next()
    if (step.done) this.#sweep = this.#entries.entries()
    else if (step.value[1].life.expiresAt <= this.#clock.now()) this.#entries.delete(step.value[0])
  }
}
