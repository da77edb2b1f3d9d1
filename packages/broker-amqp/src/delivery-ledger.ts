import { type Delivery, type Settled, settledOk } from '@machinery/core/adapter'
import type { Channel, ConsumeMessage } from 'amqplib'
import { deliveryCountOf } from './headers.js'

/** A message as received, with the handle of its channel. */
export class AmqpDelivery implements Delivery {
  readonly body: Uint8Array
  readonly deliveryCount: number
  readonly message: ConsumeMessage
  /** `waiting`: pushed ahead, nobody asked for it yet. `held`: with core. `settling`: on its way back. */
  state: 'waiting' | 'held' | 'settling' = 'waiting'

  constructor(message: ConsumeMessage) {
    this.message = message
    this.body = message.content
    this.deliveryCount = deliveryCountOf(message)
  }
}

/** All that one channel delivered and nobody settled. A handle that is not in it has no effect. */
export class DeliveryLedger {
  readonly #channel: Channel
  /** By delivery tag: in the order of delivery, as tags grow. */
  readonly #unsettled = new Map<number, AmqpDelivery>()
  #waiting = 0

  constructor(channel: Channel) {
    this.#channel = channel
  }

  get waitingCount(): number {
    return this.#waiting
  }

  get heldCount(): number {
    return this.#unsettled.size - this.#waiting
  }

  /** Those that nobody asked for yet, oldest first. */
  waiting(): readonly AmqpDelivery[] {
    return [...this.#unsettled.values()].filter(({ state }) => state === 'waiting')
  }

  add(message: ConsumeMessage): AmqpDelivery {
    const delivery = new AmqpDelivery(message)
    this.#unsettled.set(message.fields.deliveryTag, delivery)
    this.#waiting++
    return delivery
  }

  handOut(deliveries: readonly AmqpDelivery[]): void {
    for (const delivery of deliveries) {
      if (delivery.state !== 'waiting' || !this.#has(delivery)) continue
      delivery.state = 'held'
      this.#waiting--
    }
  }

  /** Those of `deliveries` that are held, for settling: nobody else can settle them from now on. */
  claim(deliveries: readonly Delivery[]): Set<AmqpDelivery> {
    const claimed = new Set<AmqpDelivery>()
    for (const delivery of deliveries) {
      if (!(delivery instanceof AmqpDelivery) || delivery.state !== 'held' || !this.#has(delivery)) continue
      delivery.state = 'settling'
      claimed.add(delivery)
    }
    return claimed
  }

  /** The server does not answer it: written on the channel that delivered is all there is to know. */
  ack(claimed: Iterable<AmqpDelivery>): Settled {
    return this.#settle(claimed, ({ message }, upTo) => this.#channel.ack(message, upTo))
  }

  /** To the place in the queue where they were, if the queue can. */
  giveBack(claimed: Iterable<AmqpDelivery>): Settled {
    return this.#settle(claimed, ({ message }, upTo) => this.#channel.nack(message, upTo, true))
  }

  /** The channel has ended, and everything it delivered went back. */
  clear(): void {
    this.#unsettled.clear()
    this.#waiting = 0
  }

  /** One frame for all at the head of what is unsettled, where that is exact, and one for each of the others. */
  #settle(claimed: Iterable<AmqpDelivery>, write: (delivery: AmqpDelivery, upTo: boolean) => void): Settled {
    const chosen = new Set<AmqpDelivery>()
    for (const delivery of claimed) if (this.#has(delivery)) chosen.add(delivery)
    const head: AmqpDelivery[] = []
    for (const delivery of this.#unsettled.values()) {
      if (!chosen.has(delivery)) break
      head.push(delivery)
    }
    const last = head.at(-1)
    try {
      if (last !== undefined) write(last, head.length > 1)
      for (const delivery of head) {
        this.#remove(delivery)
        chosen.delete(delivery)
      }
      for (const delivery of chosen) {
        write(delivery, false)
        this.#remove(delivery)
      }
      return settledOk
    } catch (error) {
      // The channel has ended: all of it goes back.
      return { status: 'rejected', error }
    }
  }

  #has(delivery: AmqpDelivery): boolean {
    return this.#unsettled.get(delivery.message.fields.deliveryTag) === delivery
  }

  #remove(delivery: AmqpDelivery): void {
    this.#unsettled.delete(delivery.message.fields.deliveryTag)
    if (delivery.state === 'waiting') this.#waiting--
  }
}
