import type { Settled } from './settled.js'

/** What a broker can do, as numbers. Core refuses what they exclude before anything is sent. */
export interface BrokerCapabilities {
  /** The longest delay the broker itself holds, in milliseconds. 0: none. `Infinity`: any. */
  readonly maxDelayMs: number
  /** The highest message priority it honours. 0: it has no priorities. */
  readonly maxPriority: number
  /** The largest body it takes, in bytes. */
  readonly maxBodyBytes: number
  /** Whether deliveries that a dead consumer held are delivered again. */
  readonly redelivery: 'after-consumer-loss' | 'never'
  /**
   * The longest a delivery may stay unsettled before the broker takes it away from its consumer, in milliseconds, where it
   * does so though the consumer is alive. Tasks that may take longer are run again. Absent: there is no such limit.
   */
  readonly maxUnsettledMs?: number
  /**
   * Set by a broker that runs tasks inside `publish`, which settles when they ended. Core then hands over one message
   * at a time, without a deadline and without waiting for other calls.
   */
  readonly inline?: true
}

/** Moves messages. Implementations move bytes: they never decode a body, retry, or log. */
export interface Broker {
  /** For messages and logs, for example `redis`. */
  readonly name: string
  readonly capabilities: BrokerCapabilities
  /** Where a signature without a routing key goes. Absent: to the default queue. */
  readonly defaultRoutingKey?: string
  /** The queue that `defaultRoutingKey` leads to. A server with another default queue is refused: nobody would read it. */
  readonly defaultQueue?: string

  /**
   * Stores the messages. Settles each on its own: stored on a path that reaches a queue, or why not.
   * Never resends by itself. Must settle within its own deadline (`indeterminate` where the answer did not come).
   * May reject as a whole, which core reads as `indeterminate` for every message.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]>

  /** Starts reading `queue`. Core opens one consumer per worker, and opens another after an outage. */
  consume(options: ConsumeOptions): Promise<Consumer>

  /** Releases what this broker opened itself. Safe to call twice, and during any other call. */
  close(): Promise<void>
}

export interface OutgoingMessage {
  /** Which queue it is for. Never empty. */
  readonly routingKey: string
  /** Opaque. Keep it byte for byte; never parse it. */
  readonly body: Uint8Array
  /** Earliest delivery; absent or past: now. Core never asks for more than `capabilities.maxDelayMs` from now. */
  readonly deliverAt?: Date
  /** 0 to `capabilities.maxPriority`; absent: 0. Higher goes first. */
  readonly priority?: number
  /** String, boolean or null values, for brokers that show headers beside the body (AMQP). */
  readonly headers?: Readonly<Record<string, string | boolean | null>>
  /** Ordering group (SQS FIFO). */
  readonly groupId?: string
  /** Duplicates with the same id may be dropped by the service (SQS FIFO). */
  readonly deduplicationId?: string
}

export interface ConsumeOptions {
  readonly queue: string
  /** Who reads: for the service's own listings. */
  readonly consumerTag: string
  /** How many tasks run at once: a good prefetch for brokers that push. */
  readonly concurrency: number
  /** The most deliveries core will ever hold unsettled at once. */
  readonly maxUnsettled: number
}

/** One reader of one queue. Belongs to one worker. */
export interface Consumer {
  /**
   * Waits for the first delivery, then takes what is there, at most `max`.
   * Resolves with an empty list when `signal` aborts, within a second or so; deliveries already taken are still returned.
   * Rejects when the consumer is broken for good: core closes it and opens another. Never called while another
   * `receive` of the same consumer is pending.
   */
  receive(max: number, signal: AbortSignal): Promise<readonly Delivery[]>

  /** The deliveries are done with. On a handle that is no longer valid: settles `rejected`, without any effect on others. */
  ack(deliveries: readonly Delivery[]): Promise<readonly Settled[]>

  /**
   * Gives deliveries back, to be delivered again. Without `delayMs`: at once, ahead of later messages and without
   * counting as a delivery, where the broker can: core held them and did not start. With it: no sooner than that,
   * and counted. Core asks for no more than `capabilities.maxDelayMs`.
   */
  nack(deliveries: readonly Delivery[], options?: { readonly delayMs?: number }): Promise<readonly Settled[]>

  /** Moves deliveries to the dead-letter place: the original bytes, and the reason beside them. */
  reject(deliveries: readonly Delivery[], reason: string): Promise<readonly Settled[]>

  /** Stops reading and gives back every unsettled delivery. Safe to call twice, and while `receive` is pending. */
  close(): Promise<void>
}

/** A message as received. An adapter returns its own object, with its handle inside; core gives the same object back. */
export interface Delivery {
  readonly body: Uint8Array
  /** 1: the first time. Deliveries that were given back without a delay need not count. Absent where the broker does not know. */
  readonly deliveryCount?: number
}
