import { Epoch } from './epoch.js'

/** How often in a row a slot must be found empty before it is used again after a lost reply. */
const cleanAudits = 2

/**
 * The epoch lists of one consumer. Their names are a small fixed set, so that whoever looks after a dead consumer need not
 * search the server for them. A slot is free, being filled, or an epoch's.
 */
export class EpochRing {
  readonly #keyOf: (slot: number) => string
  readonly #epochs: (Epoch | undefined)[] = []
  readonly #taken: boolean[] = []
  /** Changes with everything that happens to a slot. */
  readonly #versions: number[] = []
  readonly #suspects = new Map<number, number>()
  #lowestFree = 0

  constructor(keyOf: (slot: number) => string) {
    this.#keyOf = keyOf
  }

  /** How many slots have ever been used. */
  get size(): number {
    return this.#taken.length
  }

  /** Those in use, in the order in which they were filled. */
  get epochs(): readonly Epoch[] {
    return this.#epochs.filter((epoch) => epoch !== undefined).sort((a, b) => a.takenAt - b.takenAt)
  }

  keyOf(slot: number): string {
    return this.#keyOf(slot)
  }

  epochAt(slot: number): Epoch | undefined {
    return this.#epochs[slot]
  }

  /** Something that is the same as long as nothing happens to the slot; undefined while something does. */
  stateOf(slot: number): number | undefined {
    const epoch = this.#epochs[slot]
    const isQuiet = epoch === undefined ? !this.#taken[slot] || this.#suspects.has(slot) : epoch.changing === 0
    return isQuiet ? this.#versions[slot] : undefined
  }

  /** A free slot, to be filled or released. The lowest, so that few are used and the older ones tend to come first. */
  reserve(): number {
    while (this.#taken[this.#lowestFree]) this.#lowestFree++
    const slot = this.#lowestFree
    this.#taken[slot] = true
    this.touch(slot)
    return slot
  }

  /** @param fields what the hash of delivery counts holds for each body; undefined: nothing for any */
  fill(slot: number, bodies: readonly Buffer[], fields: readonly number[] | undefined): Epoch {
    const epoch = new Epoch(slot, this.#keyOf(slot), bodies, fields)
    this.#epochs[slot] = epoch
    this.touch(slot)
    return epoch
  }

  release(slot: number): void {
    this.#epochs[slot] = undefined
    this.#taken[slot] = false
    this.#suspects.delete(slot)
    this.#lowestFree = Math.min(this.#lowestFree, slot)
    this.touch(slot)
  }

  /** A reply was lost, so its list may hold messages that nobody knows of: it is not used again until it proves empty. */
  suspect(slot: number): void {
    this.#epochs[slot] = undefined
    this.#suspects.set(slot, 0)
    this.touch(slot)
  }

  foundEmpty(slot: number): void {
    const times = this.#suspects.get(slot)
    if (times === undefined) return
    if (times + 1 >= cleanAudits) this.release(slot)
    else this.#suspects.set(slot, times + 1)
  }

  /** Notes that something happens to the slot. */
  touch(slot: number): void {
    this.#versions[slot] = (this.#versions[slot] ?? 0) + 1
  }
}
