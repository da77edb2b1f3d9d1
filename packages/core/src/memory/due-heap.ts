/** Items by the time they become due, soonest first, in the order of arrival where that is equal. A binary heap. */
export class DueHeap<T extends { readonly dueAt: number }> {
  readonly #entries: Entry<T>[] = []
  #arrivals = 0

  get size(): number {
    return this.#entries.length
  }

  /** When the soonest item is due, in milliseconds since the epoch. */
  get nextDueAt(): number | undefined {
    return this.#entries[0]?.item.dueAt
  }

  push(item: T): void {
    const entries = this.#entries
    const entry = { item, arrival: this.#arrivals++ }
    let at = entries.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = entries[parent] as Entry<T>
      if (!isBefore(entry, above)) break
      entries[at] = above
      at = parent
    }
    entries[at] = entry
  }

  /** Takes out the soonest item. */
  pop(): T | undefined {
    const entries = this.#entries
    const first = entries[0]
    const last = entries.pop()
    if (first === undefined || last === undefined || entries.length === 0) return first?.item
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && isBefore(entries[child + 1] as Entry<T>, entries[child] as Entry<T>)) child++
      if (!isBefore(entries[child] as Entry<T>, last)) break
      entries[at] = entries[child] as Entry<T>
      at = child
    }
    entries[at] = last
    return first.item
  }

  /** All items, soonest first. */
  sorted(): T[] {
    return [...this.#entries].sort((a, b) => (isBefore(a, b) ? -1 : 1)).map((entry) => entry.item)
  }
}

interface Entry<T> {
  readonly item: T
  readonly arrival: number
}

function isBefore<T extends { readonly dueAt: number }>(a: Entry<T>, b: Entry<T>): boolean {
  return a.item.dueAt < b.item.dueAt || (a.item.dueAt === b.item.dueAt && a.arrival < b.arrival)
}
