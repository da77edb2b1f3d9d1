import type { ClusterOptions, RedisOptions } from 'ioredis'
import type { RetryDelay } from './retry-delay.js'
import { withoutArguments } from './without-arguments.js'

/** What all connections of one `openRedis` share. */
export interface Settings {
  readonly connectionName: string
  readonly commandTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly retryDelay: RetryDelay
}

/** Replies keep the form that this library reads, in types too. */
interface PlainReplies {
  readonly replyMapping: 'legacy'
}

export type SafeNodeOptions = Omit<RedisOptions, 'retryStrategy' | 'enableOfflineQueue' | 'replyMapping'> & PlainReplies

/** A server that became a replica refuses writes and frees those who block: another one is master now. */
const notMasterNow = /^-?(?:READONLY|UNBLOCKED) |-READONLY /

/** Keeps idle connections alive through NAT, and finds dead ones within half a minute, in milliseconds. */
const keepAliveMs = 10_000

/**
 * Settings under which a command is written at most once and settles in time: ioredis would by itself keep commands
 * while it is disconnected and send them again when it is back, though the server may have run them already.
 */
export function safeRedisOptions(settings: Settings): RedisOptions & PlainReplies {
  return {
    ...safeNodeOptions(settings),
    enableOfflineQueue: false,
    lazyConnect: true,
    retryStrategy: settings.retryDelay,
  }
}

export function safeClusterOptions(settings: Settings): ClusterOptions {
  return {
    clusterRetryStrategy: settings.retryDelay,
    // Otherwise commands would fail while the connection to one of the nodes is made, which happens on first use.
    // What waits there has its timeout, since it was handed over when the cluster was ready.
    enableOfflineQueue: true,
    lazyConnect: true,
    // It would resend commands that were under way when a node was lost.
    retryDelayOnFailover: 0,
    slotsRefreshInterval: 5_000,
    slotsRefreshTimeout: Math.min(settings.connectTimeoutMs, 2_000),
    scaleReads: 'master',
    enableAutoPipelining: false,
  }
}

/** The part that holds for each node of a cluster as well. */
export function safeNodeOptions(settings: Settings): SafeNodeOptions {
  return {
    connectionName: settings.connectionName,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: settings.commandTimeoutMs,
    // A link that is silent though an answer is due is dead, whatever TCP thinks: then the socket is destroyed.
    socketTimeout: settings.commandTimeoutMs,
    connectTimeout: settings.connectTimeoutMs,
    disconnectTimeout: 250,
    keepAlive: keepAliveMs,
    noDelay: true,
    // ioredis resubscribes without looking at the outcome: a second cut would lose the subscription. See RedisSubscriber.
    autoResubscribe: false,
    enableAutoPipelining: false,
    stringNumbers: false,
    replyMapping: 'legacy',
    // It sees every error reply before anybody else does.
    reconnectOnError: (error) => notMasterNow.test(withoutArguments(error).message),
  }
}
