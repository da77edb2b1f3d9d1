import { type AmqpConnectionOptions, amqpConnectionOptionNames } from '@machinery/amqp-connection'
import { type Config, parseBackendUrl } from '@machinery/core'
import type { OptionNames } from '@machinery/core/adapter'

export interface AmqpBackendOptions extends AmqpConnectionOptions {
  /**
   * How long states and groups are kept, in seconds, 1 or more: the same as the server's `resultsExpireIn`, and for all who
   * share the backend, Go included. RabbitMQ refuses a queue that is declared with another life.
   * @default 3600
   */
  readonly resultsExpireIn?: number
  /** How long storing may take, in milliseconds, 1 or more. @default 10_000 */
  readonly publishTimeoutMs?: number
  /** How many states may wait for a server that takes none at present. Those beyond are rejected at once. @default 10_000 */
  readonly maxWaitingMessages?: number
  /**
   * The largest record, in bytes. Must not exceed the server's `max_message_size`: 16 MiB since RabbitMQ 4.0, 128 MiB before.
   * @default 16_777_216
   */
  readonly maxRecordBytes?: number
}

export const amqpBackendOptionNames: OptionNames<AmqpBackendOptions> = {
  ...amqpConnectionOptionNames,
  resultsExpireIn: true,
  publishTimeoutMs: true,
  maxWaitingMessages: true,
  maxRecordBytes: true,
}

/** The options that Machinery's configuration holds. */
export function amqpBackendOptionsFrom(config: Config): AmqpBackendOptions {
  // A list of servers is for brokers only, as in Go.
  const parsed = parseBackendUrl(config.resultBackend)
  if (parsed.kind !== 'amqp') {
    throw new TypeError(
      'The result backend of this configuration is not RabbitMQ: its URL must start with amqp:// or amqps://.',
    )
  }
  const isTls = parsed.urls.every((url) => url.startsWith('amqps:'))
  return {
    urls: parsed.urls,
    resultsExpireIn: config.resultsExpireIn,
    ...(typeof config.tls === 'object' && isTls ? { tls: config.tls } : {}),
  }
}
