import {
  type ConfirmPublisher,
  isMismatch,
  type LiveConnection,
  ownQueueArguments,
  type Prepared,
} from '@machinery/amqp-connection'
import type { Settled } from '@machinery/core/adapter'
import { declareRung, rungFor } from './delay-ladder.js'
import type { AmqpDelivery } from './delivery-ledger.js'
import { type CopyHeaders, propertiesOfCopy, propertiesWithoutTheirs } from './headers.js'
import type { Outgoing } from './outgoing.js'

const deadQueue = { durable: true, arguments: ownQueueArguments }

/** Publishes copies of received messages: the same bytes, past the exchange, to exactly one queue. */
export class CopyPublisher {
  readonly #publisher: ConfirmPublisher
  readonly #outgoing: Outgoing
  readonly #deadQueueSuffix: string

  constructor(parts: { publisher: ConfirmPublisher; outgoing: Outgoing; deadQueueSuffix: string }) {
    this.#publisher = parts.publisher
    this.#outgoing = parts.outgoing
    this.#deadQueueSuffix = parts.deadQueueSuffix
  }

  deadQueueOf(queue: string): string {
    return `${queue}${this.#deadQueueSuffix}`
  }

  /** To come back to `queue` after `delayMs`, counted as delivered once more. */
  later(queue: string, deliveries: readonly AmqpDelivery[], delayMs: number): Promise<readonly Settled[]> {
    const rung = rungFor(delayMs, { exchange: '', key: queue })
    const deliverAt = Math.ceil(Date.now() + delayMs)
    return this.#publish(deliveries, {
      queue: rung.queue,
      declare: (live) => declareRung(this.#outgoing.declarerOf(live), rung),
      headersOf: ({ deliveryCount }) => ({ deliverAt, deliveries: deliveryCount }),
    })
  }

  /** To the dead letter queue of `queue`, with the reason beside the bytes. */
  park(queue: string, deliveries: readonly AmqpDelivery[], reason: string): Promise<readonly Settled[]> {
    const dead = this.deadQueueOf(queue)
    return this.#publish(deliveries, {
      queue: dead,
      declare: (live) => {
        const declarer = this.#outgoing.declarerOf(live)
        return declarer.once(dead, () =>
          declarer
            .run(`the declaration of queue ${dead}`, (channel) => channel.assertQueue(dead, deadQueue))
            .catch(acceptOther),
        )
      },
      headersOf: () => ({ reason }),
    })
  }

  #publish(
    deliveries: readonly AmqpDelivery[],
    to: {
      readonly queue: string
      readonly declare: (live: LiveConnection) => Promise<void> | undefined
      readonly headersOf: (delivery: AmqpDelivery) => CopyHeaders
    },
  ): Promise<readonly Settled[]> {
    return this.#publisher.publish(deliveries.length, async (live): Promise<readonly Prepared[]> => {
      await to.declare(live)
      return deliveries.map((delivery) => {
        const headers = to.headersOf(delivery)
        return {
          exchange: '',
          routingKey: to.queue,
          body: delivery.body,
          properties: propertiesOfCopy(delivery.message, headers),
          plainProperties: (error) => propertiesWithoutTheirs(delivery.message, headers, error),
          onUnroutable: () => this.#outgoing.declarerOf(live).forget(to.queue),
        }
      })
    })
  }
}

/** Somebody declared the dead letter queue with arguments of his own, say a limit: it is there. */
function acceptOther(error: unknown): void {
  if (!isMismatch(error)) throw error
}
