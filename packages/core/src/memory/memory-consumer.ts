import { type Clock, ClosedError, type Consumer, type Delivery, type Settled, settledOk } from '../adapter/index.js'
import type { MemoryQueue, StoredMessage } from './memory-queue.js'

/** A reader of one queue of the memory broker. */
export class MemoryConsumer implements Consumer {
  readonly #queue: MemoryQueue
  readonly #clock: Clock
  readonly #onClose: () => void
  /** In the order of delivery. A handle that is not in here is inert. */
  readonly #unsettled = new Set<MemoryDelivery>()
  #endReceive: (() => void) | undefined
  #isClosed = false

  constructor(queue: MemoryQueue, clock: Clock, onClose: () => void) {
    this.#queue = queue
    this.#clock = clock
    this.#onClose = onClose
  }

  async receive(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    if (this.#isClosed) throw new ClosedError('The consumer')
    if (signal.aborted) return []
    const ready = this.#queue.take(max)
    if (ready.length > 0) return this.#deliver(ready)

    return new Promise((resolve) => {
      const end = (deliveries: readonly Delivery[]): void => {
        stopWaiting()
        signal.removeEventListener('abort', giveUp)
        this.#endReceive = undefined
        resolve(deliveries)
      }
      const giveUp = (): void => end([])
      const stopWaiting = this.#queue.wait(() => end(this.#deliver(this.#queue.take(max))))
      signal.addEventListener('abort', giveUp)
      this.#endReceive = giveUp
    })
  }

  async ack(deliveries: readonly Delivery[]): Promise<readonly Settled[]> {
    return this.#settle(deliveries).answers
  }

  async nack(deliveries: readonly Delivery[], options?: { readonly delayMs?: number }): Promise<readonly Settled[]> {
    const { answers, messages } = this.#settle(deliveries)
    const delayMs = options?.delayMs ?? 0
    for (const message of messages) {
      // What was given back at once was not started, and is as if it had not been delivered.
      if (delayMs <= 0) message.deliveries--
      else message.dueAt = this.#clock.now() + delayMs
    }
    if (delayMs <= 0) this.#queue.putBack(messages)
    else for (const message of messages) this.#queue.add(message)
    this.#queue.serve()
    return answers
  }

  async reject(deliveries: readonly Delivery[], reason: string): Promise<readonly Settled[]> {
    const { answers, messages } = this.#settle(deliveries)
    for (const { body } of messages) this.#queue.dead.push({ body, reason })
    return answers
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#endReceive?.()
    // Whoever closes without settling may have died of a delivery: it counts.
    this.#queue.putBack(this.#settle([...this.#unsettled]).messages)
    this.#queue.serve()
    this.#onClose()
  }

  #deliver(messages: readonly StoredMessage[]): readonly Delivery[] {
    const deliveries = messages.map((message) => new MemoryDelivery(message))
    for (const delivery of deliveries) this.#unsettled.add(delivery)
    return deliveries
  }

  #settle(deliveries: readonly Delivery[]): { answers: readonly Settled[]; messages: readonly StoredMessage[] } {
    const messages: StoredMessage[] = []
    const answers = deliveries.map((delivery): Settled => {
      if (!(delivery instanceof MemoryDelivery && this.#unsettled.delete(delivery))) {
        return { status: 'rejected', error: new Error('This consumer does not hold the delivery, or no longer.') }
      }
      messages.push(delivery.message)
      return settledOk
    })
    this.#queue.inFlight -= messages.length
    return { answers, messages }
  }
}

class MemoryDelivery implements Delivery {
  readonly body: Uint8Array
  readonly deliveryCount: number
  readonly message: StoredMessage

  constructor(message: StoredMessage) {
    this.message = message
    this.body = message.body
    this.deliveryCount = ++message.deliveries
  }
}
