import type { ConnectionOptions } from 'node:tls'
import type { OptionNames } from '@machinery/core/adapter'
import type { ChannelModel } from 'amqplib'

/** Where RabbitMQ is and how to get in: URLs, or a connection that is open already. */
export interface AmqpConnectionOptions {
  /**
   * `amqp://[user:password@]host[:port][/vhost]`, `amqps://…` for TLS.
   * @default 'amqp://guest:guest@localhost:5672'
   */
  readonly url?: string
  /** Several servers instead of `url`: tried in this order at every connect, the first that answers is used. */
  readonly urls?: readonly string[]
  /** What `tls.connect` takes, such as `ca` or `cert`. Only for `amqps://`; others are refused with it. @default Node's defaults */
  readonly tls?: ConnectionOptions
  /**
   * How often both sides give a sign of life, in seconds, 1 to 65535, or 0 for never. A link that is silent for two to
   * three times as long is given up. A `heartbeat` in the URL goes first.
   * @default 10
   */
  readonly heartbeatSeconds?: number
  /** How the connections are called in RabbitMQ's lists. @default 'machinery' */
  readonly connectionName?: string
  /**
   * An open connection of amqplib to use instead of addresses. It stays yours: it is never closed, and used for as long as it
   * is open, however slow; only its owner and its heartbeat can tell that it is dead. Publishing and consuming
   * share it then, so that a memory or disk alarm of the server stops both; otherwise each has its own.
   */
  readonly connection?: ChannelModel
  /** How long connecting may take, over all servers, in milliseconds, 1 or more. @default 10_000 */
  readonly connectTimeoutMs?: number
  /** How long the server may take to answer, in milliseconds, 1 or more. Then the connection is given up, unless it was passed in. @default 10_000 */
  readonly callTimeoutMs?: number
}

/** For adapters, to refuse names that are none of these and none of theirs. */
export const amqpConnectionOptionNames: OptionNames<AmqpConnectionOptions> = {
  url: true,
  urls: true,
  tls: true,
  heartbeatSeconds: true,
  connectionName: true,
  connection: true,
  connectTimeoutMs: true,
  callTimeoutMs: true,
}
