/** Messages taken ahead should start within about this time. */
const START_WITHIN_MS = 5
/** The most messages taken ahead of free slots. */
export const MAX_PREFETCH = 1_000
/** Fewer samples than this say nothing yet. */
const MIN_SAMPLES = 10

/**
 * Decides how many messages to take beyond the free slots, by how long handlers took lately: many when tasks take
 * microseconds, none when a message would wait behind a busy worker while another worker is free.
 */
export class Prefetch {
  #averageMs = 0
  #samples = 0
  #wasSlow = false

  /** Notes how long a task occupied its slot, in milliseconds. */
  note(durationMs: number): void {
    this.#samples++
    const isSlow = durationMs > this.#averageMs * 4
    // Slower is believed at the second time, faster only bit by bit: holding too much costs others more than holding too
    // little. At the first time it may be but a pause of the garbage collector.
    if (this.#samples === 1 || (isSlow && this.#wasSlow)) this.#averageMs = durationMs
    else if (!isSlow) this.#averageMs += (durationMs - this.#averageMs) / 16
    this.#wasSlow = isSlow
  }

  /** How many messages to hold beyond `concurrency` running ones. */
  size(concurrency: number): number {
    if (this.#samples < MIN_SAMPLES) return 0
    return Math.min(MAX_PREFETCH, Math.floor((concurrency * START_WITHIN_MS) / Math.max(this.#averageMs, 0.001)))
  }

  /** Forgets what was measured: held messages had to wait. */
  reset(): void {
    this.#samples = 0
  }
}
