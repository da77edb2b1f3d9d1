import type { ConnectionOptions } from 'node:tls'
import type { Duration } from '../time/duration.js'

/** Values of AMQP argument tables, for example `{ 'x-max-priority': 10 }`. */
export type AmqpArguments = Readonly<Record<string, string | number | boolean>>

/**
 * Machinery's configuration: the same fields, units and defaults as in Go. Made by `resolveConfig`,
 * `configFromEnvironment` or `configFromYaml`; complete, validated and frozen. Printing it shows no passwords.
 * There are no `client` fields: give an open client to the adapter that uses it.
 */
export interface Config {
  /** URL of the broker, or several joined by `multipleBrokerSeparator`. @default 'amqp://guest:guest@localhost:5672/' */
  readonly broker: string
  /** URL of the lock: `eager`, `redis://…` or `rediss://…`; empty for none. @default '' */
  readonly lock: string
  /** What stands between the URLs in `broker`; empty: it is a single URL. @default '' */
  readonly multipleBrokerSeparator: string
  /** The queue of signatures without a routing key, and of workers without a queue. @default 'machinery_tasks' */
  readonly defaultQueue: string
  /** URL of the result backend. @default 'amqp://guest:guest@localhost:5672/' */
  readonly resultBackend: string
  /** How long states and groups are kept, in seconds; 0 means 3600. @default 3600 */
  readonly resultsExpireIn: number
  /** Leave SIGINT and SIGTERM to the application. @default false */
  readonly noUnixSignals: boolean
  /**
   * TLS for the connections of adapters: true for Node's defaults, or options of `tls.connect`. A `rediss://` or
   * `amqps://` URL asks for TLS by itself. @default false
   */
  readonly tls: boolean | ConnectionOptions
  readonly amqp: AmqpConfig
  readonly sqs: SqsConfig
  readonly redis: RedisConfig
  readonly gcpPubsub: GcpPubsubConfig
  readonly mongodb: MongodbConfig
  readonly dynamodb: DynamodbConfig
}

/** RabbitMQ, as broker and as result backend. */
export interface AmqpConfig {
  /** @default 'machinery_exchange' */
  readonly exchange: string
  /** `direct`, `topic`, `fanout`, `headers`, or the `x-…` type of a plugin. @default 'direct' */
  readonly exchangeType: string
  /** Arguments of task queues when they are declared. @default {} */
  readonly queueDeclareArgs: AmqpArguments
  /** Arguments of bindings, for a `headers` exchange. @default {} */
  readonly queueBindingArgs: AmqpArguments
  /** The key a worker binds its queue with; mind that it lacks the final s of the queue. @default 'machinery_task' */
  readonly bindingKey: string
  /** How many deliveries a consumer holds unacknowledged, 0 to 65535; 0: unlimited. @default 3 */
  readonly prefetchCount: number
  /** Whether delay queues go when they are no longer used. @default false */
  readonly autoDelete: boolean
  /** The one queue of all delayed tasks; empty: a queue for each delay. @default '' */
  readonly delayedQueue: string
}

export interface SqsConfig {
  /** How long a receive call waits for the first message, in seconds, 0 to 20. @default 0 */
  readonly waitTimeSeconds: number
  /** How long a received message stays hidden, in seconds, 0 to 43200; absent: the queue's own setting. */
  readonly visibilityTimeout?: number
  /** Renew the visibility timeout while a task runs. @default false */
  readonly visibilityHeartBeat: boolean
  /** Take any `http://` or `https://` broker URL for SQS, as local servers need. @default false */
  readonly disableStrictUrlCheck: boolean
}

/** Redis, as broker, result backend and lock. */
export interface RedisConfig {
  /** Most idle connections in the pool. @default 3 */
  readonly maxIdle: number
  /** Most connections in the pool; 0: unlimited. @default 0 */
  readonly maxActive: number
  /** Close connections idle for this many seconds; 0: never. @default 240 */
  readonly idleTimeout: number
  /** Wait for a connection of a pool that is used up. @default false */
  readonly wait: boolean
  /** Most seconds to wait for a reply; 0: the adapter's own limit. @default 15 */
  readonly readTimeout: number
  /** Most seconds to write a command; 0: the adapter's own limit. @default 15 */
  readonly writeTimeout: number
  /** Most seconds to connect; 0: the adapter's own limit. @default 15 */
  readonly connectTimeout: number
  /** How often the task queue is looked at, in milliseconds; 0 or less means 1000. @default 1000 */
  readonly normalTasksPollPeriod: number
  /** How often delayed tasks are looked at, in milliseconds; 0 or less means 500. @default 500 */
  readonly delayedTasksPollPeriod: number
  /** The sorted set of delayed tasks; empty means `delayed_tasks`. @default 'delayed_tasks' */
  readonly delayedTasksKey: string
  /** The name connections give themselves (CLIENT SETNAME); no spaces. @default '' */
  readonly clientName: string
  /** The master's name for Sentinel; the addresses are the sentinels' then. Empty: no Sentinel. @default '' */
  readonly masterName: string
  /** @default '' */
  readonly sentinelPassword: string
  /** Whether the server is a Redis Cluster. @default false */
  readonly clusterEnabled: boolean
}

export interface GcpPubsubConfig {
  /** The longest a delivery's acknowledgement deadline is extended, in milliseconds; 0: the adapter's own limit. @default 0 */
  readonly maxExtension: number
}

export interface MongodbConfig {
  /** The database of states and groups; the one in the URL is not used for them. @default 'machinery' */
  readonly database: string
}

export interface DynamodbConfig {
  /** @default 'task_states' */
  readonly taskStatesTable: string
  /** @default 'group_metas' */
  readonly groupMetasTable: string
}

type SectionName = 'amqp' | 'sqs' | 'redis' | 'mongodb' | 'dynamodb'
type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** What a user writes: any part of {@link Config}. What is absent or `undefined` takes its default. */
export type ConfigInput = Optional<Omit<Config, SectionName | 'gcpPubsub'>> & {
  readonly [S in SectionName]?: Optional<Config[S]> | undefined
} & {
  readonly gcpPubsub?: { readonly maxExtension?: Duration | undefined } | undefined
}
