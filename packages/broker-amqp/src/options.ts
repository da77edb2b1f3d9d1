import type { AmqpConnectionOptions } from '@machinery/amqp-connection'
import { type Config, parseBrokerUrl } from '@machinery/core'

/** Values of AMQP argument tables, for example `{ 'x-max-priority': 10 }`. */
export type AmqpArguments = Readonly<Record<string, string | number | boolean>>

/** Where delayed messages wait: see `AmqpBrokerOptions.delays`. */
export type AmqpDelays = 'ladder' | 'go'

export interface AmqpBrokerOptions extends AmqpConnectionOptions {
  /** The exchange that all tasks go through. It is durable. @default 'machinery_exchange' */
  readonly exchange?: string
  /** `direct`, `topic`, `fanout`, `headers`, or the `x-…` type of a plugin. @default 'direct' */
  readonly exchangeType?: string
  /** The queue of signatures without a routing key: the same as the server's `defaultQueue`, which is checked. @default 'machinery_tasks' */
  readonly defaultQueue?: string
  /**
   * The key that the default queue is bound with, and on exchanges that are not `direct` every queue. On a `direct`
   * exchange set it to the name of the default queue: then Go declares no second queue, which nobody reads.
   * @default 'machinery_task', Machinery's; on a `direct` exchange for another default queue than Machinery's, its name
   */
  readonly bindingKey?: string
  /**
   * Arguments of task queues, for example `{ 'x-queue-type': 'quorum' }` or `{ 'x-max-priority': 10 }`. Everybody who
   * declares the queues must give the same ones.
   * @default {}
   */
  readonly queueDeclareArgs?: AmqpArguments
  /** Arguments of bindings, as a `headers` exchange needs them. @default {} */
  readonly queueBindingArgs?: AmqpArguments
  /**
   * How many deliveries a worker holds at least, 1 to 65535, or 0 for as many as it will take. Never fewer than it runs
   * at once: that is the worker's `concurrency`.
   * @default the worker's concurrency
   */
  readonly prefetchCount?: number
  /** Go's flag of delay queues, for `delays: 'go'` and `delayedQueue`: whether they go when their last consumer goes. @default false */
  readonly autoDelete?: boolean
  /**
   * The one queue for all delayed messages, as in Go: it serves one routing key, and a long delay holds up shorter ones
   * behind it. Instead of `delays`.
   * @default none
   */
  readonly delayedQueue?: string
  /**
   * Where delayed messages wait. `ladder`: in queues for rounded delays that many messages share; they come up to 5 % late, or 20 ms.
   * `go`: in the queues that Go declares, one for each millisecond and routing key; delays below a second take the ladder all
   * the same. Workers in Go get the messages of both.
   * @default 'ladder'
   */
  readonly delays?: AmqpDelays
  /**
   * Bind every queue of a `direct` exchange with `bindingKey` too, as Go does: then a worker of another queue also gets a
   * copy of each task of the default queue.
   * @default false
   */
  readonly bindGlobalKey?: boolean
  /** What the name of a queue's dead letter queue ends in. @default '.ts.dead' */
  readonly deadQueueSuffix?: string
  /** How long `publish` may take, in milliseconds, 1 or more, waiting for a server that takes no messages included. @default 10_000 */
  readonly publishTimeoutMs?: number
  /** How many messages may wait for a server that takes none at present. Those beyond are rejected at once. @default 10_000 */
  readonly maxWaitingMessages?: number
  /**
   * The largest body, in bytes. Must not exceed the server's `max_message_size`: 16 MiB since RabbitMQ 4.0, 128 MiB before.
   * @default 16_777_216
   */
  readonly maxBodyBytes?: number
  /**
   * The server's `consumer_timeout`, in milliseconds: when a task takes longer, RabbitMQ closes the channel, and the task
   * is run again. Workers warn of tasks that may. `Infinity` where the operator switched it off.
   * An `x-consumer-timeout` among `queueDeclareArgs` goes first.
   * @default 1_800_000
   */
  readonly consumerTimeoutMs?: number
}

/** Go's default, which would leave most slots of a worker empty; there it limits how many tasks run at once. */
const defaultPrefetchInGo = 3

/** The options that Machinery's configuration holds. Add what it does not know: `{ ...amqpOptionsFrom(config), delays: 'go' }`. */
export function amqpOptionsFrom(config: Config): AmqpBrokerOptions {
  const parsed = parseBrokerUrl(config.broker, config)
  if (parsed.kind !== 'amqp') {
    throw new TypeError(
      'The broker of this configuration is not RabbitMQ: its URL must start with amqp:// or amqps://.',
    )
  }
  const { prefetchCount, delayedQueue, ...amqp } = config.amqp
  return {
    ...amqp,
    urls: parsed.urls,
    defaultQueue: config.defaultQueue,
    ...(prefetchCount === defaultPrefetchInGo ? {} : { prefetchCount }),
    ...(delayedQueue === '' ? {} : { delayedQueue }),
    // As in Go, where TLS is for amqps:// only: the configuration is for other servers too.
    ...(typeof config.tls === 'object' && parsed.urls.every((url) => url.startsWith('amqps:'))
      ? { tls: config.tls }
      : {}),
  }
}
