import type { ConnectionOptions } from 'node:tls'
import type { OptionNames } from '@machinery/core/adapter'
import type { RedisClient } from './redis-client.js'

/**
 * Where Redis is and how to get in: a `url`, single fields, or a `client` that is open already.
 * @throws ConfigurationError from `openRedis`, where they contradict each other
 */
export interface RedisConnectionOptions {
  /**
   * `redis://[user:password@]host[:port][/db]`, `rediss://…` for TLS, `redis+socket://[user:password@]/path[:/db]`.
   * Several hosts between commas are the nodes of a cluster, or the sentinels where `masterName` is set.
   */
  readonly url?: string
  /** @default 'localhost' */
  readonly host?: string
  /** @default 6379 */
  readonly port?: number
  /** The path of a unix socket, instead of `host` and `port`. */
  readonly socketPath?: string
  /** A user of Redis's access control lists (Redis 6). @default the server's default user */
  readonly username?: string
  readonly password?: string
  /** The number of the database, 0 or more. A cluster has only 0. @default 0 */
  readonly db?: number
  /** TLS: `true`, or what `tls.connect` takes, such as `ca`. @default true for `rediss://`, else false */
  readonly tls?: boolean | ConnectionOptions
  /** Whether the address is one node of a Redis Cluster. @default true where the URL lists several hosts */
  readonly cluster?: boolean
  /** The name by which sentinels know the master. */
  readonly masterName?: string
  /** The sentinels, where `url` does not list them. Needs `masterName`. */
  readonly sentinels?: readonly { readonly host: string; readonly port?: number }[]
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
  /** How the connections are called in `CLIENT LIST`. @default 'machinery' */
  readonly connectionName?: string
  /**
   * An ioredis client to use instead of addresses. It stays yours: it is never closed. Connections for blocking commands
   * and subscriptions are duplicates of it. It must not have a `keyPrefix`. Unless it neither resends commands nor keeps
   * them while disconnected (`autoResendUnfulfilledCommands: false`, `maxRetriesPerRequest: 0`, `enableOfflineQueue: false`
   * and a `commandTimeout`; in a cluster `retryDelayOnFailover: 0` and a `commandTimeout`), commands too go to a
   * duplicate that does not.
   */
  readonly client?: RedisClient
  /**
   * How long an answer may take, in milliseconds, 1 or more. Then the command fails, and the connection is given up and
   * made anew.
   * @default 10_000
   */
  readonly commandTimeoutMs?: number
  /** How long to wait for a connection, in milliseconds, 1 or more. Attempts go on in the background. @default 10_000 */
  readonly connectTimeoutMs?: number
}

/** For adapters, to refuse names that are none of these and none of theirs. */
export const redisConnectionOptionNames: OptionNames<RedisConnectionOptions> = {
  url: true,
  host: true,
  port: true,
  socketPath: true,
  username: true,
  password: true,
  db: true,
  tls: true,
  cluster: true,
  masterName: true,
  sentinels: true,
  sentinelUsername: true,
  sentinelPassword: true,
  connectionName: true,
  client: true,
  commandTimeoutMs: true,
  connectTimeoutMs: true,
}

/** What a duplicate has of its own. */
export interface DuplicateOptions {
  readonly connectionName?: string
  /** As in `RedisConnectionOptions`. For blocking commands: longer than they block. */
  readonly commandTimeoutMs?: number
}
