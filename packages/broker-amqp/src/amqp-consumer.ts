import { AmqpUnavailableError, cutToBytes, type LiveConnection, longestNameBytes } from '@machinery/amqp-connection'
import { type Consumer, type Delivery, DeliveryBuffer, type Settled } from '@machinery/core/adapter'
import type { Channel, ConsumeMessage } from 'amqplib'
import { type AmqpDelivery, DeliveryLedger } from './delivery-ledger.js'
import { ReadAhead } from './read-ahead.js'

export interface AmqpConsumerParts {
  readonly live: LiveConnection
  /** Its own: what it delivered can be settled on it and nowhere else. */
  readonly channel: Channel
  readonly queue: string
  readonly consumerTag: string
  /** How many deliveries the server pushes ahead, 1 to 65535. */
  readonly prefetch: number
  /** How many more it pushes at most while core asks for more than that. */
  readonly morePrefetch: number
  /** Publishes a copy of each delivery, for now or later, to the same queue or another. */
  readonly copies: {
    later(queue: string, deliveries: readonly AmqpDelivery[], delayMs: number): Promise<readonly Settled[]>
    park(queue: string, deliveries: readonly AmqpDelivery[], reason: string): Promise<readonly Settled[]>
  }
  readonly onClose: (consumer: AmqpConsumer) => void
}

/** How long a delivery is kept whose copy could not be published, in milliseconds: given back at once it would go round in circles. */
const afterFailureMs = 1_000

/** Room is left for what tells several consumers of one apart. */
const longestTagBytes = longestNameBytes - 10

/** How the server says that a delivery was not settled within its `consumer_timeout`. */
const heldTooLong = /delivery acknowledgement on channel \d+ timed out/
const heldTooLongHint =
  'A task takes longer than the consumer_timeout of the server, and may run again elsewhere: make it shorter, or raise consumer_timeout.'

/** Reads one queue on one channel. When the channel ends, so does the consumer; core opens another. */
export class AmqpConsumer implements Consumer {
  readonly queue: string
  readonly #parts: AmqpConsumerParts
  readonly #buffer = new DeliveryBuffer<AmqpDelivery>()
  readonly #ledger: DeliveryLedger
  readonly #tag: string
  readonly #tags: readonly string[]
  readonly #readAhead: ReadAhead
  /** Ends the pauses after failures. */
  readonly #pauses = new Set<() => void>()
  #isReceiving = false
  #isStarted = false
  #isOpen = true
  #error: Error | undefined
  #closing: Promise<void> | undefined

  constructor(parts: AmqpConsumerParts) {
    this.#parts = parts
    this.queue = parts.queue
    this.#ledger = new DeliveryLedger(parts.channel)
    this.#tag = cutToBytes(parts.consumerTag, longestTagBytes)
    const moreTags = [`${this.#tag}.more`, `${this.#tag}.more-2`] as const
    this.#tags = [this.#tag, ...moreTags]
    this.#readAhead = new ReadAhead({
      consumerTags: moreTags,
      most: parts.morePrefetch,
      open: (tag, size) => this.#consume(tag, size),
      close: async (tag) => {
        await parts.live.within(parts.channel.cancel(tag), 'the end of reading ahead')
      },
      giveBack: async () => {
        this.#ledger.giveBack(await this.#takeWaiting())
      },
      isIdle: () => !this.#isReceiving && this.#ledger.waitingCount > 0,
    })
    parts.channel.on('error', (error: Error) => {
      this.#error = error
    })
    parts.channel.once('close', () => this.#fail())
  }

  /** @throws what the server answers */
  async start(): Promise<void> {
    this.#isStarted = true
    await this.#consume(this.#tag, this.#parts.prefetch)
  }

  /** How many deliveries core holds. */
  get inFlight(): number {
    return this.#ledger.heldCount
  }

  /** Deliveries that were pushed ahead and that nobody asked for yet, oldest first. */
  get waiting(): readonly AmqpDelivery[] {
    return this.#ledger.waiting()
  }

  async receive(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    const { heldCount, waitingCount } = this.#ledger
    const beyond = heldCount - this.#parts.prefetch
    if (beyond + max > 0 && this.#isOpen) this.#readAhead.want(beyond + max, waitingCount === 0 && beyond > 0)
    this.#isReceiving = true
    try {
      const deliveries = await this.#buffer.receive(max, signal)
      this.#ledger.handOut(deliveries)
      return deliveries
    } finally {
      this.#isReceiving = false
    }
  }

  async ack(deliveries: readonly Delivery[]): Promise<readonly Settled[]> {
    const held = this.#ledger.claim(deliveries)
    const settled = this.#ledger.ack(held)
    return deliveries.map((delivery) => (held.has(delivery as AmqpDelivery) ? settled : this.#inert()))
  }

  async nack(
    deliveries: readonly Delivery[],
    options: { readonly delayMs?: number } = {},
  ): Promise<readonly Settled[]> {
    const { delayMs = 0 } = options
    if (delayMs > 0) return this.#replace(deliveries, (held) => this.#parts.copies.later(this.queue, held, delayMs))
    const held = this.#ledger.claim(deliveries)
    const settled = this.#ledger.giveBack(held)
    return deliveries.map((delivery) => (held.has(delivery as AmqpDelivery) ? settled : this.#inert()))
  }

  reject(deliveries: readonly Delivery[], reason: string): Promise<readonly Settled[]> {
    return this.#replace(deliveries, (held) => this.#parts.copies.park(this.queue, held, reason))
  }

  /** Settles those that were pushed ahead, as if they had been purged with the queue. Returns how many. */
  async dropWaiting(): Promise<number> {
    const waiting = await this.#takeWaiting()
    this.#ledger.ack(waiting)
    return waiting.length
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Publishes copies; where the server has confirmed one, the original goes. */
  async #replace(
    deliveries: readonly Delivery[],
    copy: (held: readonly AmqpDelivery[]) => Promise<readonly Settled[]>,
  ): Promise<readonly Settled[]> {
    const held = [...this.#ledger.claim(deliveries)]
    const copied = await copy(held)
    const answers = new Map<Delivery, Settled>()
    const failed: AmqpDelivery[] = []
    for (const [index, delivery] of held.entries()) {
      const settled = copied[index] as Settled
      answers.set(delivery, settled)
      if (settled.status !== 'ok') failed.push(delivery)
    }
    const done = held.filter((delivery) => answers.get(delivery)?.status === 'ok')
    if (this.#isOpen) this.#ledger.ack(done)
    // The copy is there, and the original comes again.
    else for (const delivery of done) answers.set(delivery, { status: 'indeterminate', error: this.#endError() })
    if (failed.length > 0) {
      await this.#pause(afterFailureMs)
      this.#ledger.giveBack(failed)
    }
    return deliveries.map((delivery) => answers.get(delivery) ?? this.#inert())
  }

  async #close(): Promise<void> {
    const { channel, live, onClose } = this.#parts
    const wasOpen = this.#isOpen
    this.#buffer.close()
    this.#stop()
    onClose(this)
    if (wasOpen) await live.closeChannel(channel, this.#isStarted ? this.#tags : undefined)
  }

  #fail(): void {
    if (!this.#isOpen) return
    this.#stop()
    this.#buffer.fail(this.#endError())
  }

  /** From here on every handle is inert. */
  #stop(): void {
    this.#isOpen = false
    this.#ledger.clear()
    this.#readAhead.stop()
    for (const end of [...this.#pauses]) end()
  }

  #endError(): Error {
    const cause = this.#error ?? this.#parts.live.error
    const why = cause === undefined ? '' : `: ${cause.message}`
    const hint = cause !== undefined && heldTooLong.test(cause.message) ? ` ${heldTooLongHint}` : ''
    return new AmqpUnavailableError(`The channel that read queue ${this.queue} ended${why}.${hint}`, { cause })
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
    if (!this.#isOpen) return
    if (message !== null) {
      this.#buffer.push(this.#ledger.add(message))
      return
    }
    // Core opens another consumer, which declares the queue again.
    this.#error ??= new Error(
      'the server cancelled the consumer, as it does when the queue is deleted, and on a quorum queue when a delivery is held longer than its consumer_timeout',
    )
    void this.#parts.live.closeChannel(this.#parts.channel)
    this.#fail()
  }

  async #takeWaiting(): Promise<readonly AmqpDelivery[]> {
    if (this.#isReceiving || this.#ledger.waitingCount === 0) return []
    return this.#buffer.receive(this.#ledger.waitingCount, new AbortController().signal)
  }

  #inert(): Settled {
    const why = this.#isOpen ? 'it is settled already' : 'the channel that delivered it has ended'
    return {
      status: 'rejected',
      error: new Error(`The delivery from queue ${this.queue} cannot be settled: ${why}.`),
    }
  }

  #pause(ms: number): Promise<void> {
    if (!this.#isOpen) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#pauses.delete(end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#pauses.add(end)
    })
  }
}
