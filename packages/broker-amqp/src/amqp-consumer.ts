import { AmqpUnavailableError, type LiveConnection } from '@machinery/amqp-connection'
import { type Consumer, type Delivery, DeliveryBuffer, type Settled, settledOk, withDeadline } from '@machinery/core/adapter'
import type { Channel, ConsumeMessage } from 'amqplib'
import { deliveryCountOf } from './headers.js'

/** What a consumer is made of. */
export interface AmqpConsumerParts {
  readonly live: LiveConnection
  /** Its own: what it delivered can be settled on it and nowhere else. */
  readonly channel: Channel
  readonly queue: string
  readonly consumerTag: string
  /** How many deliveries the server pushes ahead, 1 to 65535. */
  readonly prefetch: number
  /** How many it pushes when more are asked for than that. */
  readonly maxUnsettled: number
  /** Publishes copies that the server confirms. */
  readonly copies: CopyPublisher
  readonly onClose: (consumer: AmqpConsumer) => void
}

export interface CopyPublisher {
  /** To come back to `queue` after `delayMs`. */
  later(queue: string, deliveries: readonly AmqpDelivery[], delayMs: number): Promise<readonly Settled[]>
  /** To the dead letter queue of `queue`. */
  park(queue: string, deliveries: readonly AmqpDelivery[], reason: string): Promise<readonly Settled[]>
}

/** A message as received, with the handle of its channel. */
export class AmqpDelivery implements Delivery {
  readonly body: Uint8Array
  readonly deliveryCount: number
  readonly message: ConsumeMessage

  constructor(message: ConsumeMessage) {
    this.message = message
    this.body = message.content
    this.deliveryCount = deliveryCountOf(message)
  }
}

/** How long deliveries that were pushed ahead may lie here unasked for before others get them, in milliseconds. */
const idleMs = 250
/** How long a delivery is kept whose copy could not be published, in milliseconds: giving it back at once would go round in circles. */
const afterFailureMs = 1_000

/** Reads one queue on one channel. When the channel ends, so does the consumer; core opens another. */
export class AmqpConsumer implements Consumer {
  readonly queue: string
  readonly #parts: AmqpConsumerParts
  readonly #buffer = new DeliveryBuffer<AmqpDelivery>()
  /** By delivery tag, which grows: all that the channel delivered and nobody settled, in the buffer or with core. */
  readonly #unsettled = new Map<number, AmqpDelivery>()
  readonly #pauses = new Set<() => void>()
  /** How many of `#unsettled` core holds. */
  #handedOut = 0
  #error: Error | undefined
  #isOpen = true
  #closing: Promise<void> | undefined
  /** A second consumer on the channel, for the time in which core asks for more than `prefetch`. */
  #more: { readonly tag: string; readonly timer: NodeJS.Timeout; lastAsked: number } | undefined
  #isChanging = false

  constructor(parts: AmqpConsumerParts) {
    this.#parts = parts
    this.queue = parts.queue
    const { channel } = parts
    channel.on('error', (error: Error) => {
      this.#error = error
    })
    channel.once('close', () => this.#ended())
  }

  /** Starts reading. */
  async start(): Promise<void> {
    const { consumerTag, prefetch } = this.#parts
    await this.#consume(consumerTag, prefetch)
  }

  /** How many deliveries core holds. */
  get inFlight(): number {
    return this.#handedOut
  }

  /** Deliveries that were pushed ahead and nobody asked for yet, oldest first. */
  get waiting(): readonly AmqpDelivery[] {
    return [...this.#unsettled.values()].slice(-this.#waitingCount || this.#unsettled.size)
  }

  get #waitingCount(): number {
    return this.#unsettled.size - this.#handedOut
  }

  async receive(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    if (this.#more !== undefined) this.#more.lastAsked = performance.now()
    else if (this.#handedOut + max > this.#parts.prefetch) this.#askForMore()
    const deliveries = await this.#buffer.receive(max, signal)
    this.#handedOut += deliveries.length
    return deliveries
  }

  async ack(deliveries: readonly Delivery[]): Promise<readonly Settled[]> {
    const held = this.#take(deliveries)
    return this.#answer(deliveries, held, this.#settle(held, (channel, { message }, upTo) => channel.ack(message, upTo)))
  }

  async nack(deliveries: readonly Delivery[], options: { readonly delayMs?: number } = {}): Promise<readonly Settled[]> {
    const { delayMs = 0 } = options
    if (delayMs > 0) {
      return this.#replace(deliveries, (held) => this.#parts.copies.later(this.queue, held, delayMs))
    }
    const held = this.#take(deliveries)
    return this.#answer(deliveries, held, this.#giveBack(held))
  }

  reject(deliveries: readonly Delivery[], reason: string): Promise<readonly Settled[]> {
    return this.#replace(deliveries, (held) => this.#parts.copies.park(this.queue, held, reason))
  }

  /** Settles the deliveries that were pushed ahead. Returns how many. */
  async dropWaiting(): Promise<number> {
    const dropped = await this.#takeWaiting()
    this.#settle(dropped, (channel, { message }, upTo) => channel.ack(message, upTo))
    return dropped.length
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { channel, live, onClose } = this.#parts
    const isOpen = this.#isOpen
    this.#buffer.close()
    this.#stop()
    onClose(this)
    // The server gives back what the channel held. If it does not say so in time, the connection is given up, which does the same.
    if (isOpen) await live.within(channel.close(), 'the closing of a channel').catch(() => {})
  }

  #ended(): void {
    const { live } = this.#parts
    if (!this.#isOpen) return
    const cause = this.#error ?? live.error
    const why = cause === undefined ? '' : `: ${cause.message}`
    const error = new AmqpUnavailableError(`The channel that reads queue ${this.queue} ended${why}.`, { cause })
    this.#stop()
    this.#buffer.fail(error)
  }

  /** From here on every handle is inert. */
  #stop(): void {
    this.#isOpen = false
    this.#unsettled.clear()
    this.#handedOut = 0
    if (this.#more !== undefined) clearInterval(this.#more.timer)
    this.#more = undefined
    for (const end of [...this.#pauses]) end()
  }

  async #consume(consumerTag: string, prefetch: number): Promise<void> {
    const { channel, live, queue } = this.#parts
    const starting = async (): Promise<void> => {
      await channel.prefetch(prefetch)
      await channel.consume(queue, this.#deliver, { consumerTag })
    }
    await live.within(starting(), `the start of reading queue ${queue}`)
  }

  readonly #deliver = (message: ConsumeMessage | null): void => {
    if (message === null) {
      // The queue was deleted, or the node that held it is gone. Core opens another consumer, which declares it again.
      this.#error = new Error('the server cancelled the consumer, as when its queue is deleted')
      this.#parts.channel.close().catch(() => {})
      this.#ended()
      return
    }
    const delivery = new AmqpDelivery(message)
    this.#unsettled.set(message.fields.deliveryTag, delivery)
    this.#buffer.push(delivery)
  }

  /** Those of `deliveries` that this channel delivered and nobody settled; they count as settled from now on. */
  #take(deliveries: readonly Delivery[]): Set<Delivery> {
    const held = new Set<Delivery>()
    for (const delivery of deliveries) {
      if (!(delivery instanceof AmqpDelivery)) continue
      if (this.#unsettled.get(delivery.message.fields.deliveryTag) === delivery) held.add(delivery)
    }
    this.#handedOut -= held.size
    return held
  }

  /** Writes what settles the deliveries: one frame for all at the head of what is unsettled, and one for each other. */
  #settle(held: ReadonlySet<Delivery> | readonly AmqpDelivery[], write: SettleFrame): Settled {
    const chosen = held instanceof Set ? (held as Set<AmqpDelivery>) : new Set(held as readonly AmqpDelivery[])
    const head: AmqpDelivery[] = []
    for (const delivery of this.#unsettled.values()) {
      if (!chosen.has(delivery)) break
      head.push(delivery)
    }
    const { channel } = this.#parts
    try {
      const last = head.at(-1)
      if (last !== undefined) write(channel, last, head.length > 1)
      for (const delivery of head) {
        chosen.delete(delivery)
        this.#unsettled.delete(delivery.message.fields.deliveryTag)
      }
      for (const delivery of chosen) {
        write(channel, delivery, false)
        this.#unsettled.delete(delivery.message.fields.deliveryTag)
      }
      // The server does not answer these. Written on the channel that delivered is all there is to know.
      return settledOk
    } catch (error) {
      return { status: 'rejected', error }
    }
  }

  #giveBack(held: ReadonlySet<Delivery> | readonly AmqpDelivery[]): Settled {
    return this.#settle(held, (channel, { message }, upTo) => channel.nack(message, upTo, true))
  }
}

type SettleFrame = (channel: Channel, delivery: AmqpDelivery, upTo: boolean) => void
