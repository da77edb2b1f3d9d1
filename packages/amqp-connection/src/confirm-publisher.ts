import { ConfigurationError } from '@machinery/core'
import { type Settled, withDeadline } from '@machinery/core/adapter'
import type { AmqpConnection } from './amqp-connection.js'
import { AmqpUnavailableError } from './amqp-unavailable-error.js'
import type { LiveConnection } from './live-connection.js'
import { type Prepared, PublishChannel } from './publish-channel.js'

export interface ConfirmPublisherOptions {
  /** How long a call of `publish` may take in all, in milliseconds. */
  readonly timeoutMs: number
  /** How many messages may wait to be written, over all calls. Those beyond are rejected at once. */
  readonly maxWaiting: number
}

/**
 * Publishes messages that the server confirms, or returns because they reach no queue. Never sends one twice.
 * While the server takes no messages (`connection.blocked`), calls wait as long as they may.
 */
export class ConfirmPublisher {
  readonly #connection: AmqpConnection
  readonly #options: ConfirmPublisherOptions
  #channel: PublishChannel | undefined
  #opening: Promise<PublishChannel> | undefined
  #waiting = 0

  /** @throws ConfigurationError where a number is out of range */
  constructor(connection: AmqpConnection, options: ConfirmPublisherOptions) {
    if (!Number.isSafeInteger(options.maxWaiting) || options.maxWaiting < 1) {
      throw new ConfigurationError(
        `RabbitMQ: the number of waiting messages must be 1 or more, got ${options.maxWaiting}.`,
      )
    }
    this.#connection = connection
    this.#options = options
  }

  /**
   * Publishes `count` messages and settles each. Never rejects.
   * @param prepare makes the messages, once there is a connection; it may declare what they need
   */
  async publish(
    count: number,
    prepare: (live: LiveConnection) => readonly Prepared[] | Promise<readonly Prepared[]>,
  ): Promise<readonly Settled[]> {
    if (count === 0) return []
    const { timeoutMs, maxWaiting } = this.#options
    const waiting = this.#waiting + count
    if (waiting > maxWaiting && this.#waiting > 0) return rejectAll(count, new AmqpUnavailableError(this.#fullText()))
    const end = performance.now() + timeoutMs
    this.#waiting = waiting
    try {
      const ready = await this.#ready(prepare, end)
      if ('error' in ready) return rejectAll(count, ready.error, ready.prepared)
      return await ready.channel.send(ready.prepared, end)
    } finally {
      this.#waiting -= count
    }
  }

  async #ready(
    prepare: (live: LiveConnection) => readonly Prepared[] | Promise<readonly Prepared[]>,
    end: number,
  ): Promise<{ prepared: readonly Prepared[] } & ({ channel: PublishChannel } | { error: unknown })> {
    let prepared: readonly Prepared[] = []
    const within = <T>(promise: Promise<T>): Promise<T> =>
      withDeadline(promise, Math.max(1, end - performance.now()), () => this.#lateError())
    try {
      const live = await within(this.#connection.ready())
      // A blocked connection is not read by the server, declarations neither.
      while (live.isBlocked && live.isOpen) await within(live.untilUnblocked())
      const preparing = prepare(live)
      prepared = preparing instanceof Promise ? await within(preparing) : preparing
      return { channel: this.#usable(live) ?? (await within(this.#open(live))), prepared }
    } catch (error) {
      return { error, prepared }
    }
  }

  #usable(live: LiveConnection): PublishChannel | undefined {
    return this.#channel?.live === live && this.#channel.isOpen ? this.#channel : undefined
  }

  #open(live: LiveConnection): Promise<PublishChannel> {
    this.#opening ??= live
      .openConfirmChannel()
      .then((channel) => {
        this.#channel = new PublishChannel(channel, live, this.#options.timeoutMs / 2)
        return this.#channel
      })
      .finally(() => {
        this.#opening = undefined
      })
    return this.#opening
  }

  #lateError(): Error {
    const { live, description } = this.#connection
    const why = live?.isBlocked
      ? 'it takes no messages at present, being short of memory or disk'
      : 'the connection was not ready in time'
    return new AmqpUnavailableError(
      `Nothing was published to RabbitMQ at ${description} within ${this.#options.timeoutMs} ms: ${why}.`,
    )
  }

  #fullText(): string {
    return `RabbitMQ at ${this.#connection.description} takes messages too slowly: ${this.#waiting} are waiting already. Send fewer at a time, or try again later.`
  }
}

/** Those that could not be made keep their own reason: a declaration that ends the connection tells more than its end. */
function rejectAll(count: number, error: unknown, prepared: readonly Prepared[] = []): readonly Settled[] {
  return Array.from({ length: count }, (_, index) => {
    const each = prepared[index]
    return each !== undefined && 'status' in each ? each : { status: 'rejected', error }
  })
}
