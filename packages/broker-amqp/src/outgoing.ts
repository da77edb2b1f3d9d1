import { type AmqpMessage, Declarer, isMismatch, type LiveConnection, type Prepared } from '@machinery/amqp-connection'
import { type OutgoingMessage, toUnixNanos } from '@machinery/core/adapter'
import type { Options } from 'amqplib'
import { declareRung, longestRungMs, longestTimerMs, rungFor } from './delay-ladder.js'
import { unusableHeader, withDeliverAt } from './headers.js'
import type { AmqpArguments } from './options.js'
import type { Settings } from './settings.js'
import type { Topology } from './topology.js'

/** The longest delay of messages, in milliseconds. */
export function maxDelayOf({ delayedQueue, delays }: Settings): number {
  if (delayedQueue !== undefined) return longestTimerMs
  return delays === 'go' ? longestTimerMs / 2 : longestRungMs
}

/** Makes AMQP messages of core's, and declares what they need. */
export class Outgoing {
  readonly #settings: Settings
  readonly #topology: Topology
  readonly #declarers = new WeakMap<LiveConnection, Declarer>()

  constructor(settings: Settings, topology: Topology) {
    this.#settings = settings
    this.#topology = topology
  }

  declarerOf(live: LiveConnection): Declarer {
    let declarer = this.#declarers.get(live)
    if (declarer === undefined) {
      declarer = new Declarer(live)
      this.#declarers.set(live, declarer)
    }
    return declarer
  }

  /** One result per message: what cannot be declared is rejected, and the others go on. */
  prepare(
    live: LiveConnection,
    messages: readonly OutgoingMessage[],
  ): readonly Prepared[] | Promise<readonly Prepared[]> {
    const declarer = this.declarerOf(live)
    const now = Date.now()
    const prepared = messages.map((message) => this.#prepare(declarer, message, now))
    return prepared.some((each) => each instanceof Promise) ? Promise.all(prepared) : (prepared as Prepared[])
  }

  #prepare(declarer: Declarer, message: OutgoingMessage, now: number): Prepared | Promise<Prepared> {
    const unusable = unusableHeader(message.headers)
    if (unusable !== undefined) return { status: 'rejected', error: unusable }
    const delayMs = message.deliverAt === undefined ? 0 : wholeMs(message.deliverAt) - now
    const declaring = this.#topology.declareRoute(declarer, message.routingKey)
    if (delayMs <= 0) {
      return declaring === undefined
        ? this.#immediate(declarer, message)
        : declaring.then(() => this.#immediate(declarer, message)).catch(rejected)
    }
    return this.#delayed(declarer, message, delayMs, declaring).catch(rejected)
  }

  /** Declares what the message needs in the end, as `prepare` does. */
  declareRoute(declarer: Declarer, message: OutgoingMessage): Promise<void> | undefined {
    return this.#topology.declareRoute(declarer, message.routingKey)
  }

  /**
   * Go's queue for exactly this delay. Go also binds it to the exchange and publishes there; the default exchange
   * leads to the same queue, on a `fanout` exchange without leading to all others at once.
   */
  goQueue(message: OutgoingMessage, delayMs: number): { queue: string; options: Options.AssertQueue } {
    const args = { ...this.#deadLettering(message), 'x-message-ttl': delayMs, 'x-expires': delayMs * 2 }
    return {
      queue: `delay.${delayMs}.${this.#settings.exchange}.${message.routingKey}`,
      options: this.#delayQueue(args),
    }
  }

  /** The message on its way into a queue in which it waits; rejected where it cannot be made. */
  waiting(queue: string, message: OutgoingMessage): Prepared {
    const unusable = unusableHeader(message.headers)
    return unusable === undefined ? waiting(queue, message, {}, undefined) : rejected(unusable)
  }

  #immediate(declarer: Declarer, message: OutgoingMessage): AmqpMessage {
    return {
      exchange: this.#settings.exchange,
      routingKey: message.routingKey,
      body: message.body,
      properties: propertiesOf(message),
      onUnroutable: () => this.#topology.forgetRoute(declarer, message.routingKey),
    }
  }

  async #delayed(
    declarer: Declarer,
    message: OutgoingMessage,
    delayMs: number,
    declaring: Promise<void> | undefined,
  ): Promise<Prepared> {
    const { delayedQueue } = this.#settings
    // What it goes to in the end must be there too: it may never be published again before it is due.
    await declaring
    return delayedQueue === undefined
      ? this.#toLadder(declarer, message, delayMs)
      : this.#toDelayedQueue(declarer, message, delayMs, delayedQueue)
  }

  async #toLadder(declarer: Declarer, message: OutgoingMessage, delayMs: number): Promise<Prepared> {
    const { exchange } = this.#settings
    const rung = rungFor(delayMs, { exchange, key: message.routingKey })
    await declareRung(declarer, rung)
    const headers = withDeliverAt(message.headers, message.deliverAt?.getTime() ?? 0)
    return waiting(rung.queue, message, { headers }, () => declarer.forget(rung.queue))
  }

  async #toDelayedQueue(
    declarer: Declarer,
    message: OutgoingMessage,
    delayMs: number,
    queue: string,
  ): Promise<Prepared> {
    const key = `${queue} to ${message.routingKey}`
    const options = this.#delayQueue(this.#deadLettering(message))
    const declare = (): Promise<unknown> =>
      declarer.run(`the declaration of queue ${queue}`, (channel) => channel.assertQueue(queue, options))
    try {
      await declarer.once(key, declare)
    } catch (error) {
      if (!isMismatch(error)) throw error
      throw new Error(
        `The delayedQueue ${JSON.stringify(queue)} exists with other arguments than messages for routing key ${JSON.stringify(message.routingKey)} need: it serves one routing key. Leave delayedQueue out, or route all delayed tasks alike.`,
        { cause: error },
      )
    }
    return waiting(queue, message, { expiration: String(delayMs) }, () => declarer.forget(key))
  }

  #deadLettering(message: OutgoingMessage): AmqpArguments {
    return { 'x-dead-letter-exchange': this.#settings.exchange, 'x-dead-letter-routing-key': message.routingKey }
  }

  #delayQueue(args: AmqpArguments): Options.AssertQueue {
    return { durable: true, autoDelete: this.#settings.autoDelete, arguments: args }
  }
}

function waiting(
  queue: string,
  message: OutgoingMessage,
  more: Options.Publish,
  onUnroutable: (() => void) | undefined,
): AmqpMessage {
  const properties = { ...propertiesOf(message), ...more }
  return { exchange: '', routingKey: queue, body: message.body, properties, ...(onUnroutable && { onUnroutable }) }
}

/** As Go sets them, and `mandatory`, without which a message that reaches no queue is confirmed and lost. */
function propertiesOf({ headers, priority = 0 }: OutgoingMessage): Options.Publish {
  const properties: Options.Publish = { contentType: 'application/json', persistent: true, mandatory: true }
  if (headers !== undefined) properties.headers = headers
  if (priority > 0) properties.priority = priority
  return properties
}

/** The first whole millisecond that is not before it: times from the wire have nanoseconds. */
export function wholeMs(date: Date): number {
  return Number((toUnixNanos(date) + 999_999n) / 1_000_000n)
}

function rejected(error: unknown): Prepared {
  return { status: 'rejected', error }
}
