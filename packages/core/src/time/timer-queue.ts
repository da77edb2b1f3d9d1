export interface QueuedTimer {
  readonly at: number
  readonly callback: () => void
  /** Breaks ties: timers of one instant run in the order they were set. */
  readonly order: number
  cancelled: boolean
}

/** Timers by due time: a binary heap, so that ten thousand of them cost little. Cancelled ones leave when they come up. */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = []
  #order = 0

  add(at: number, callback: () => void): QueuedTimer {
    const timer: QueuedTimer = { at, callback, order: this.#order++, cancelled: false }
    this.keep(timer)
    return timer
  }

  /** Puts back a timer that was taken out but not run: it keeps its place. */
  keep(timer: QueuedTimer): void {
    const heap = this.#heap
    let index = heap.length
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || isBefore(parent, timer)) break
      heap[index] = parent
      index = above
    }
    heap[index] = timer
  }

  /** The timer to run next. */
  first(): QueuedTimer | undefined {
    while (this.#heap[0]?.cancelled) this.#removeFirst()
    return this.#heap[0]
  }

  /** Takes out the timer to run next, if it is due at `now`. */
  takeDue(now: number): QueuedTimer | undefined {
    const first = this.first()
    if (first === undefined || first.at > now) return undefined
    this.#removeFirst()
    return first
  }

  #removeFirst(): void {
    const heap = this.#heap
    const moved = heap.pop()
    if (moved === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let below = 2 * index + 1
      let child = heap[below]
      const right = heap[below + 1]
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right
        below += 1
      }
      if (child === undefined || isBefore(moved, child)) break
      heap[index] = child
      index = below
    }
    heap[index] = moved
  }
}

function isBefore(a: QueuedTimer, b: QueuedTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
