import { ConfigurationError, checkOptions, type OptionNames } from '@machinery/core/adapter'
import { type RedisConnectionOptions, redisConnectionOptionNames } from '@machinery/redis-connection'
import { type DelayedKeys, delayedKeys } from './keys.js'

/** Where Redis is (as for every adapter on Redis), and how this broker behaves. */
export interface RedisBrokerOptions extends RedisConnectionOptions {
  /**
   * The sorted set that holds delayed tasks of all queues. The same for all producers and workers, Go's too.
   * @default 'delayed_tasks'
   */
  readonly delayedTasksKey?: string
  /** Where delayed tasks go that name no queue. @default 'machinery_tasks' */
  readonly defaultQueue?: string
  /**
   * How long a process may give no sign of life before others take its messages over, in milliseconds, 300 or more.
   * It gives one every third of that; others have taken over after 1.4 times as long, at most.
   * The same for all workers of a queue.
   * @default 15_000
   */
  readonly leaseMs?: number
  /**
   * How long one task may block the event loop before its process counts as dead, in milliseconds, 1 or more.
   * `Infinity`: for ever.
   * @default 60_000
   */
  readonly maxBlockedMs?: number
  /**
   * How often to look for delayed tasks that producers in Go stored meanwhile, in milliseconds, 1 or more. Those stored
   * by this library are due to the millisecond whatever this is.
   * @default 500
   */
  readonly delayedPollMs?: number
  /**
   * The largest body it takes, in bytes, 1 or more. No more than the server's `proto-max-bulk-len`, less 64 KiB.
   * @default 536_805_376 (512 MiB less 64 KiB)
   */
  readonly maxBodyBytes?: number
}

const names: OptionNames<RedisBrokerOptions> = {
  ...redisConnectionOptionNames,
  delayedTasksKey: true,
  defaultQueue: true,
  leaseMs: true,
  maxBlockedMs: true,
  delayedPollMs: true,
  maxBodyBytes: true,
}

/** The options with every default, and the times that follow from the lease. In milliseconds. */
export interface Settings {
  readonly delayed: DelayedKeys
  readonly defaultQueue: string
  readonly leaseMs: number
  readonly maxBlockedMs: number
  readonly delayedPollMs: number
  readonly maxBodyBytes: number
  /** How long one blocking move waits. Well below the lease: it cannot be fenced. */
  readonly blockMs: number
  /** Older signs of life forbid taking messages: a move that starts now ends while the lease still holds. */
  readonly freshMs: number
  /** How often a consumer looks after its lists and those of the dead. */
  readonly upkeepMs: number
  /** How long a consumer must stay dead before it is buried. */
  readonly confirmMs: number
  /** After this time finished messages leave the list of a task that still runs. */
  readonly compactMs: number
}

/** @throws ConfigurationError where options are unknown or wrong */
export function resolveOptions(options: RedisBrokerOptions): Settings {
  checkOptions('RedisBroker', options, names)
  const leaseMs = atLeast(300, 'leaseMs', options.leaseMs ?? 15_000)
  return {
    delayed: delayedKeys(notEmpty('delayedTasksKey', options.delayedTasksKey ?? 'delayed_tasks')),
    defaultQueue: notEmpty('defaultQueue', options.defaultQueue ?? 'machinery_tasks'),
    leaseMs,
    maxBlockedMs: atLeast(1, 'maxBlockedMs', options.maxBlockedMs ?? 60_000, Number.POSITIVE_INFINITY),
    delayedPollMs: atLeast(1, 'delayedPollMs', options.delayedPollMs ?? 500),
    maxBodyBytes: atLeast(1, 'maxBodyBytes', options.maxBodyBytes ?? 2 ** 29 - 2 ** 16),
    blockMs: Math.min(5_000, leaseMs / 3),
    freshMs: leaseMs * 0.6,
    upkeepMs: leaseMs / 5,
    confirmMs: leaseMs / 15,
    compactMs: leaseMs * 0.6,
  }
}

function atLeast(least: number, name: string, value: number, most = 2 ** 31 - 1): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  const got = typeof value === 'string' ? `the string ${JSON.stringify(value)}` : String(value)
  throw new ConfigurationError(`RedisBroker: ${name} must be a number from ${least} to ${most}, got ${got}.`)
}

function notEmpty(name: string, value: string): string {
  if (value !== '') return value
  throw new ConfigurationError(`RedisBroker: ${name} must not be empty. Leave it out for the default.`)
}
