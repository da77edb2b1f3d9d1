import {
  type Broker,
  type BrokerCapabilities,
  type Clock,
  ClosedError,
  type ConsumeOptions,
  type Consumer,
  type InspectedMessage,
  type OutgoingMessage,
  purgesDead,
  type QueueInspector,
  type Settled,
  settledOk,
  systemClock,
} from '../adapter/index.js'
import { MemoryConsumer } from './memory-consumer.js'
import { MemoryQueue } from './memory-queue.js'

export interface MemoryBrokerOptions {
  /** Time, for delays. @default the system's */
  readonly clock?: Clock
  /** The largest body it declares to take, in bytes. @default 268_435_456 (256 MiB) */
  readonly maxBodyBytes?: number
  /**
   * Another memory broker, whose queues (and clock) this one uses too, as two clients of one server would. Each is
   * closed on its own; the queues live as long as any of them is referenced.
   */
  readonly sharedWith?: MemoryBroker
}

/**
 * Queues in the memory of this process. Delivers at least once while the process lives; nothing survives it.
 * Order is first in, first out within a priority; what was given back goes first.
 */
export class MemoryBroker implements Broker, QueueInspector {
  readonly name = 'memory'
  readonly capabilities: BrokerCapabilities
  readonly #space: { readonly clock: Clock; readonly queues: Map<string, MemoryQueue> }
  readonly #consumers = new Set<MemoryConsumer>()
  #isClosed = false

  constructor(options: MemoryBrokerOptions = {}) {
    const { clock = systemClock, maxBodyBytes = 268_435_456, sharedWith } = options
    this.#space = sharedWith === undefined ? { clock, queues: new Map() } : sharedWith.#space
    this.capabilities = {
      maxDelayMs: Number.POSITIVE_INFINITY,
      maxPriority: 255,
      maxBodyBytes,
      redelivery: 'after-consumer-loss',
    }
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    if (this.#isClosed) {
      const error = new ClosedError('The memory broker')
      return messages.map(() => ({ status: 'rejected', error }))
    }
    const touched = new Set<MemoryQueue>()
    for (const { routingKey, body, deliverAt, priority = 0 } of messages) {
      const queue = this.#queue(routingKey)
      // A copy, since the caller may use its memory again.
      queue.add({ body: body.slice(), priority, dueAt: deliverAt?.getTime() ?? 0, deliveries: 0 })
      touched.add(queue)
    }
    for (const queue of touched) queue.serve()
    return messages.map(() => settledOk)
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    if (this.#isClosed) throw new ClosedError('The memory broker')
    const consumer = new MemoryConsumer(this.#queue(options.queue), this.#space.clock, () => {
      this.#consumers.delete(consumer)
    })
    this.#consumers.add(consumer)
    return consumer
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
  }

  async pendingMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]> {
    return this.#queue(queue)
      .pending(limit)
      .map(({ body }) => ({ body }))
  }

  async delayedMessages(limit: number, queue?: string): Promise<readonly InspectedMessage[]> {
    const queues = queue === undefined ? [...this.#space.queues.values()] : [this.#queue(queue)]
    const delayed = queues.flatMap((each) => each.delayed()).sort((a, b) => a.dueAt - b.dueAt)
    return delayed.slice(0, limit).map(({ body, dueAt }) => ({ body, deliverAt: new Date(dueAt) }))
  }

  async deadMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]> {
    return this.#queue(queue).dead.first(limit)
  }

  async countMessages(queue: string): Promise<{ pending: number; delayed: number; dead: number; inFlight: number }> {
    const { pendingCount, delayedCount, dead, inFlight } = this.#queue(queue)
    return { pending: pendingCount, delayed: delayedCount, dead: dead.size, inFlight }
  }

  async purge(queue: string, what: 'pending' | 'dead'): Promise<number> {
    const found = this.#queue(queue)
    return purgesDead(what) ? found.purgeDead() : found.purgePending()
  }

  #queue(name: string): MemoryQueue {
    const existing = this.#space.queues.get(name)
    if (existing !== undefined) return existing
    const queue = new MemoryQueue(this.#space.clock)
    this.#space.queues.set(name, queue)
    return queue
  }
}
