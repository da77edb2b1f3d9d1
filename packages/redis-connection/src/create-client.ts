import { ConfigurationError } from '@machinery/core'
import { Cluster, Redis } from 'ioredis'
import type { RedisAddress } from './address.js'
import type { RedisClient } from './redis-client.js'
import { type Settings, safeClusterOptions, safeNodeOptions, safeRedisOptions } from './safe-settings.js'

/** Makes a client that connects on first use. */
export function createClient(address: RedisAddress, settings: Settings): RedisClient {
  const { kind, hosts, tls, socketPath, masterName } = address
  const login = {
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    ...(tls !== undefined && { tls }),
  }
  if (kind === 'cluster') {
    return new Cluster([...hosts], {
      ...safeClusterOptions(settings),
      redisOptions: { ...safeNodeOptions(settings), ...login },
      // Certificates are made out to names, so nodes announced by name are met by name.
      ...(tls !== undefined && { dnsLookup: (name, callback) => callback(null, name) }),
    })
  }
  const options = { ...safeRedisOptions(settings), ...login, db: address.db }
  if (kind === 'sentinel') {
    return new Redis({
      ...options,
      sentinels: [...hosts],
      name: masterName,
      sentinelRetryStrategy: (attempt) => Math.min(1_000, settings.retryDelay(attempt)),
      sentinelCommandTimeout: settings.commandTimeoutMs,
      ...(address.sentinelUsername !== undefined && { sentinelUsername: address.sentinelUsername }),
      ...(address.sentinelPassword !== undefined && { sentinelPassword: address.sentinelPassword }),
      ...(tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
    })
  }
  if (socketPath !== undefined) return new Redis({ ...options, path: socketPath })
  return new Redis({ ...options, ...hosts[0] })
}

/** Makes a client like the given one, but with safe settings. */
export function duplicateClient(client: RedisClient, settings: Settings): RedisClient {
  if (!client.isCluster) return (client as Redis).duplicate(safeRedisOptions(settings))
  return (client as Cluster).duplicate([], { ...safeClusterOptions(settings), redisOptions: safeNodeOptions(settings) })
}

/** Whether a client that the application made never sends a command twice, and never keeps one for later. */
export function isSafe(client: RedisClient): boolean {
  if (client.isCluster) {
    const { options } = client as Cluster
    return options.retryDelayOnFailover === 0 && settlesInTime(options.redisOptions)
  }
  const { options } = client as Redis
  return (
    options.autoResendUnfulfilledCommands === false &&
    options.enableOfflineQueue === false &&
    options.maxRetriesPerRequest === 0 &&
    settlesInTime(options)
  )
}

/** @throws ConfigurationError for a client that changes the names of keys */
export function checkClient(client: RedisClient): void {
  if (client.options.keyPrefix) {
    throw new ConfigurationError(
      'Redis: the client has a keyPrefix, which would hide the keys from other workers. Make a client without one.',
    )
  }
}

export function describeClient(client: RedisClient): string {
  if (client.isCluster) return 'redis:// (cluster, by the client that was given)'
  const { path, host, port, db = 0 } = (client as Redis).options
  return path ? `redis+socket://${path}` : `redis://${host}:${port}${db === 0 ? '' : `/${db}`}`
}

function settlesInTime(
  options: {
    commandTimeout?: number | undefined
    stringNumbers?: boolean | undefined
    replyMapping?: string | undefined
  } = {},
): boolean {
  const { commandTimeout, stringNumbers = false, replyMapping = 'legacy' } = options
  return typeof commandTimeout === 'number' && !stringNumbers && replyMapping === 'legacy'
}
