import { type AmqpConnection, ConfirmPublisher, openAmqp } from '@machinery/amqp-connection'
import {
  type Broker,
  type BrokerCapabilities,
  ClosedError,
  type ConsumeOptions,
  type Consumer,
  type InspectedMessage,
  type OutgoingMessage,
  type QueueInspector,
  type Settled,
} from '@machinery/core/adapter'
import { AmqpConsumer } from './amqp-consumer.js'
import { CopyPublisher } from './copy-publisher.js'
import type { Rung } from './delay-ladder.js'
import { GoDelays } from './go-delays.js'
import { keepDeclared } from './keep-declared.js'
import type { AmqpBrokerOptions } from './options.js'
import { maxDelayOf, Outgoing } from './outgoing.js'
import { QueueInspection } from './queue-inspection.js'
import { countsGivenBack } from './quorum-queues.js'
import { resolveSettings, type Settings } from './settings.js'
import { Topology } from './topology.js'

/**
 * Tasks over RabbitMQ, on the same exchange and queues as Go's Machinery. It publishes on one connection and reads on another, so that
 * workers go on while a server that is short of memory takes no messages.
 */
export class AmqpBroker implements Broker, QueueInspector {
  readonly name = 'amqp'
  readonly capabilities: BrokerCapabilities
  readonly defaultRoutingKey?: string
  readonly defaultQueue: string
  readonly #settings: Settings
  readonly #topology: Topology
  readonly #publishing: AmqpConnection
  readonly #reading: AmqpConnection
  readonly #publisher: ConfirmPublisher
  readonly #outgoing: Outgoing
  /** Only with `delays: 'go'`. */
  readonly #goDelays: GoDelays | undefined
  readonly #copies: CopyPublisher
  readonly #inspection: QueueInspection
  readonly #consumers = new Set<AmqpConsumer>()
  #closing: Promise<void> | undefined

  /** @throws ConfigurationError where options are wrong or contradict each other */
  constructor(options: AmqpBrokerOptions = {}) {
    const settings = resolveSettings(options)
    const { queueDeclareArgs, consumerTimeoutMs, maxBodyBytes, publishTimeoutMs, maxWaitingMessages } = settings
    const highest = queueDeclareArgs['x-max-priority']
    this.#settings = settings
    this.#topology = new Topology(settings)
    this.#publishing = openAmqp(options)
    this.#reading = this.#publishing.another()
    this.#outgoing = new Outgoing(settings, this.#topology)
    this.#publisher = new ConfirmPublisher(this.#publishing, {
      timeoutMs: publishTimeoutMs,
      maxWaiting: maxWaitingMessages,
    })
    if (settings.delays === 'go') {
      this.#goDelays = new GoDelays({ publisher: this.#publisher, outgoing: this.#outgoing })
    }
    const copies = new CopyPublisher({
      publisher: this.#publisher,
      outgoing: this.#outgoing,
      deadQueueSuffix: settings.deadQueueSuffix,
    })
    this.#copies = copies
    this.#inspection = new QueueInspection({
      connection: this.#reading,
      consumers: this.#consumers,
      queueDeclareArgs: settings.queueDeclareArgs,
      deadQueueOf: (queue) => copies.deadQueueOf(queue),
      queueOf: ({ target }: Rung) => (target.exchange === '' ? target.key : this.#topology.routeOf(target.key).queue),
    })
    this.capabilities = {
      maxDelayMs: maxDelayOf(settings),
      maxPriority: typeof highest === 'number' ? Math.min(highest, 255) : 0,
      maxBodyBytes,
      redelivery: 'after-consumer-loss',
      ...(Number.isFinite(consumerTimeoutMs) && { maxUnsettledMs: consumerTimeoutMs }),
    }
    this.defaultQueue = settings.defaultQueue
    const { defaultRoutingKey } = this.#topology
    if (defaultRoutingKey !== undefined) this.defaultRoutingKey = defaultRoutingKey
  }

  /** Declares what the messages need, publishes them, and waits for the server's word on each. */
  async publish(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    if (this.#goDelays !== undefined) return this.#goDelays.publish(messages)
    return this.#publisher.publish(messages.length, (live) => this.#outgoing.prepare(live, messages))
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    try {
      return await this.#consume(options)
    } catch (error) {
      throw this.#closing === undefined ? error : this.#closedError()
    }
  }

  /** Listed messages are marked as redelivered from then on. */
  pendingMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]> {
    return this.#inspection.pendingMessages(queue, limit)
  }

  /** Those on the ladder; RabbitMQ does not tell which of Go's delay queues there are. */
  delayedMessages(limit: number, queue?: string): Promise<readonly InspectedMessage[]> {
    return this.#inspection.delayedMessages(limit, queue)
  }

  /** Listed messages are marked as redelivered from then on. */
  deadMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]> {
    return this.#inspection.deadMessages(queue, limit)
  }

  /** `inFlight` is what consumers of this object hold: over AMQP, RabbitMQ does not tell of others. */
  countMessages(queue: string): Promise<{ pending: number; delayed: number; dead: number; inFlight: number }> {
    return this.#inspection.countMessages(queue)
  }

  purge(queue: string, what: 'pending' | 'dead'): Promise<number> {
    return this.#inspection.purge(queue, what)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    await Promise.all([this.#publishing.close(), this.#reading.close()])
  }

  async #consume({ queue, consumerTag, concurrency, maxUnsettled }: ConsumeOptions): Promise<Consumer> {
    if (this.#closing !== undefined) throw this.#closedError()
    const live = await this.#reading.ready()
    const declarer = this.#outgoing.declarerOf(live)
    const declare = (): Promise<void> =>
      declarer.run(`the declaration of queue ${queue}`, (channel) => this.#topology.declareQueue(channel, queue))
    await declare()
    const isCounted = await countsGivenBack(live, declarer, queue, this.#settings.queueDeclareArgs)
    const channel = await live.openChannel()
    if (this.#closing !== undefined) {
      await live.closeChannel(channel)
      throw this.#closedError()
    }
    const prefetch = this.#prefetch(concurrency, maxUnsettled)
    const consumer = new AmqpConsumer({
      live,
      channel,
      queue,
      consumerTag,
      prefetch,
      morePrefetch: isCounted ? 0 : Math.max(0, limit(maxUnsettled) - prefetch),
      copies: this.#copies,
      onClose: (closed) => this.#consumers.delete(closed),
    })
    this.#consumers.add(consumer)
    try {
      await consumer.start()
      if (this.#closing !== undefined) throw this.#closedError()
    } catch (error) {
      await consumer.close()
      throw error
    }
    keepDeclared(live, channel, declare)
    return consumer
  }

  #closedError(): ClosedError {
    return new ClosedError('The amqp broker')
  }

  #prefetch(concurrency: number, maxUnsettled: number): number {
    const { prefetchCount } = this.#settings
    if (prefetchCount === 0) return limit(maxUnsettled)
    return limit(Math.max(prefetchCount ?? 0, concurrency))
  }
}

/** AMQP counts prefetched deliveries in 16 bits, where 0 is for any number. */
function limit(count: number): number {
  return Math.max(1, Math.min(65_535, Math.ceil(count)))
}
