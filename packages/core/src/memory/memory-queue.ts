import type { Clock } from '../contracts/index.js'
import { DueHeap } from './due-heap.js'
import { LinkedQueue } from './linked-queue.js'

/**
 * How often to look at the clock, which may jump, and stands still while a machine sleeps: every 30 s, or after this part of
 * what is left. So a message comes late by no more than that, and a virtual clock can let years pass in a moment.
 */
const LOOK_EVERY_MS = 30_000
const LOOK_AFTER_PART = 1 / 1_000

/** A message while the broker has it. */
export interface StoredMessage {
  readonly body: Uint8Array
  readonly priority: number
  dueAt: number
  /** How often it was delivered. */
  deliveries: number
}

/** A message that was rejected. */
export interface DeadMessage {
  readonly body: Uint8Array
  readonly reason: string
}

/** One queue: what a broker's server does. Whatever changes it calls `serve` afterwards. */
export class MemoryQueue {
  /** Parked messages, oldest first. */
  dead: LinkedQueue<DeadMessage> = new LinkedQueue()
  /** How many messages consumers hold. */
  inFlight = 0
  readonly #clock: Clock
  /** The ready messages of each priority in use, highest first. */
  #levels: { readonly priority: number; readonly messages: LinkedQueue<StoredMessage> }[] = []
  readonly #delayed = new DueHeap<StoredMessage>()
  readonly #waiting = new Set<() => void>()
  #timer: { readonly dueAt: number; cancel(): void } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get pendingCount(): number {
    this.#promote()
    return this.#levels.reduce((sum, { messages }) => sum + messages.size, 0)
  }

  get delayedCount(): number {
    this.#promote()
    return this.#delayed.size
  }

  add(message: StoredMessage): void {
    if (message.dueAt > this.#clock.now()) this.#delayed.push(message)
    else this.#level(message.priority).push(message)
  }

  /** Puts messages back, in order, ahead of all others of their priority. */
  putBack(messages: readonly StoredMessage[]): void {
    for (const message of messages.toReversed()) this.#level(message.priority).unshift(message)
  }

  take(max: number): StoredMessage[] {
    this.#promote()
    const taken: StoredMessage[] = []
    for (const { messages } of this.#levels) {
      while (taken.length < max && messages.size > 0) taken.push(messages.shift() as StoredMessage)
    }
    this.inFlight += taken.length
    return taken
  }

  /** Calls `wake` once there is something to take. Returns the function that ends the wait. */
  wait(wake: () => void): () => void {
    this.#waiting.add(wake)
    this.#arm()
    return () => {
      this.#waiting.delete(wake)
      this.#arm()
    }
  }

  /** Wakes those who wait, the longest waiting first, as long as there are messages. */
  serve(): void {
    for (const wake of this.#waiting) {
      if (this.pendingCount === 0) break
      this.#waiting.delete(wake)
      wake()
    }
    this.#arm()
  }

  /** The first `limit` ready messages, in the order of delivery. */
  pending(limit: number): StoredMessage[] {
    this.#promote()
    const found: StoredMessage[] = []
    for (const { messages } of this.#levels) found.push(...messages.first(limit - found.length))
    return found
  }

  /** Soonest first. */
  delayed(): StoredMessage[] {
    this.#promote()
    return this.#delayed.sorted()
  }

  purgePending(): number {
    const count = this.pendingCount
    this.#levels = []
    return count
  }

  purgeDead(): number {
    const count = this.dead.size
    this.dead = new LinkedQueue()
    return count
  }

  #level(priority: number): LinkedQueue<StoredMessage> {
    const found = this.#levels.find((level) => level.priority === priority)
    if (found !== undefined) return found.messages
    const messages = new LinkedQueue<StoredMessage>()
    this.#levels.push({ priority, messages })
    this.#levels.sort((a, b) => b.priority - a.priority)
    return messages
  }

  #promote(): void {
    const now = this.#clock.now()
    while ((this.#delayed.nextDueAt ?? Number.POSITIVE_INFINITY) <= now) {
      const message = this.#delayed.pop() as StoredMessage
      this.#level(message.priority).push(message)
    }
  }

  /** There is a timer only while somebody waits, so a process with nothing else to do ends by itself. */
  #arm(): void {
    const dueAt = this.#waiting.size > 0 ? this.#delayed.nextDueAt : undefined
    if (dueAt === this.#timer?.dueAt) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (dueAt === undefined) return
    const leftMs = dueAt - this.#clock.now()
    const waitMs = Math.min(leftMs, Math.max(LOOK_EVERY_MS, leftMs * LOOK_AFTER_PART))
    const cancel = this.#clock.setTimer(() => {
      this.#timer = undefined
      this.serve()
    }, waitMs)
    this.#timer = { dueAt, cancel }
  }
}
