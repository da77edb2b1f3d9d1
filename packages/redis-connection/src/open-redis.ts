import { ClosedError, ConfigurationError } from '@machinery/core'
import { describeAddress, resolveAddress } from './address.js'
import { checkClient, createClient, describeClient, duplicateClient, isSafe } from './create-client.js'
import type { DuplicateOptions, RedisConnectionOptions } from './options.js'
import { reconnectNow } from './reconnect-now.js'
import type { RedisClient } from './redis-client.js'
import { createRetryDelay } from './retry-delay.js'
import type { Settings } from './safe-settings.js'
import { waitForEnd, waitUntilReady } from './wait.js'
import { withoutArguments } from './without-arguments.js'

export interface ReadyOptions {
  /**
   * Whether a user waits for the command: then the first attempt to connect again after a loss is made within 0.2 s. Without
   * it, and for all later attempts, the client waits for its turn, so that no server is met by all clients at once.
   * @default false
   */
  readonly soon?: boolean
}

/**
 * The longest pause before an attempt that somebody waits for, in milliseconds: too short to notice, and long enough that a
 * proxy which dropped hundreds of connections is not met by all of them in one instant.
 */
const soonMs = 200

/** A connection to Redis that comes back by itself, and on which no command is ever sent twice. */
export interface RedisConnection {
  readonly isCluster: boolean
  /** Where it leads, for messages and logs. Without credentials. */
  readonly description: string
  /**
   * The client, once it is connected. The first call connects.
   * @throws RedisUnavailableError when there is no connection within `connectTimeoutMs`; at once when the login is refused
   * @throws ClosedError after `close()`
   */
  ready(options?: ReadyOptions): Promise<RedisClient>
  /** Another connection to the same place, for blocking commands or for subscribing. Closed with this one at the latest. */
  duplicate(overrides?: DuplicateOptions): RedisConnection
  /** Closes it and its duplicates without waiting for answers. Never hangs; safe to call twice. */
  close(): Promise<void>
}

/**
 * Prepares a connection. Nothing connects before it is used.
 * @throws ConfigurationError where options are wrong or contradict each other
 */
export function openRedis(options: RedisConnectionOptions = {}): RedisConnection {
  const settings: Settings = {
    connectionName: options.connectionName ?? 'machinery',
    commandTimeoutMs: checkTimeout('commandTimeoutMs', options.commandTimeoutMs ?? 10_000),
    connectTimeoutMs: checkTimeout('connectTimeoutMs', options.connectTimeoutMs ?? 10_000),
    retryDelay: createRetryDelay(),
  }
  const { client } = options
  if (client === undefined) {
    const address = resolveAddress(options)
    const isCluster = address.kind === 'cluster'
    return new Connection(settings, describeAddress(address), isCluster, (own) => ({
      client: createClient(address, own),
      isOurs: true,
    }))
  }
  const contradicting = (['url', 'host', 'port', 'socketPath', 'sentinels', 'password', 'db', 'tls'] as const).find(
    (name) => options[name] !== undefined,
  )
  if (contradicting !== undefined) {
    throw new ConfigurationError(`Redis: client and ${contradicting} contradict each other. Set one of them.`)
  }
  checkClient(client)
  return new Connection(settings, describeClient(client), client.isCluster, (own) =>
    own === settings && isSafe(client)
      ? { client, isOurs: false }
      : { client: duplicateClient(client, own), isOurs: true },
  )
}

type Open = (settings: Settings) => { readonly client: RedisClient; readonly isOurs: boolean }

class Connection implements RedisConnection {
  readonly isCluster: boolean
  readonly description: string
  readonly #settings: Settings
  readonly #open: Open
  readonly #duplicates = new Set<Connection>()
  readonly #onClose: (() => void) | undefined
  #client: RedisClient | undefined
  #isOurs = true
  /** Since it was last connected. */
  #hasHurried = false
  #hurryTimer: NodeJS.Timeout | undefined
  #lastError: unknown
  #waiting: Promise<RedisClient> | undefined
  readonly #closed = new AbortController()
  #closing: Promise<void> | undefined

  constructor(settings: Settings, description: string, isCluster: boolean, open: Open, onClose?: () => void) {
    this.#settings = settings
    this.description = description
    this.isCluster = isCluster
    this.#open = open
    this.#onClose = onClose
  }

  ready(options: ReadyOptions = {}): Promise<RedisClient> {
    if (this.#closing !== undefined) return Promise.reject(new ClosedError(`The connection to ${this.description}`))
    this.#client ??= this.#create()
    if (this.#client.status === 'ready') return Promise.resolve(this.#client)
    if (options.soon) this.#hurry(this.#client)
    this.#waiting ??= waitUntilReady(this.#client, {
      description: this.description,
      timeoutMs: this.#settings.connectTimeoutMs,
      isOurs: this.#isOurs,
      lastError: () => this.#lastError,
      signal: this.#closed.signal,
    }).finally(() => {
      this.#waiting = undefined
    })
    return this.#waiting
  }

  duplicate(overrides: DuplicateOptions = {}): RedisConnection {
    if (this.#closing !== undefined) throw new ClosedError(`The connection to ${this.description}`)
    const settings = { ...this.#settings, ...overrides }
    checkTimeout('commandTimeoutMs', settings.commandTimeoutMs)
    const duplicate = new Connection(settings, this.description, this.isCluster, this.#open, () => {
      this.#duplicates.delete(duplicate)
    })
    this.#duplicates.add(duplicate)
    return duplicate
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    const client = this.#client
    clearTimeout(this.#hurryTimer)
    this.#closed.abort(new ClosedError(`The connection to ${this.description}`))
    const closing = [...this.#duplicates].map((duplicate) => duplicate.close())
    if (client !== undefined && this.#isOurs) closing.push(waitForEnd(client))
    this.#onClose?.()
    await Promise.all(closing)
  }

  #hurry(client: RedisClient): void {
    if (this.#hasHurried || !this.#isOurs || client.status !== 'reconnecting') return
    this.#hasHurried = true
    this.#hurryTimer = setTimeout(() => reconnectNow(client), soonMs * Math.random())
  }

  #create(): RedisClient {
    const { client, isOurs } = this.#open(this.#settings)
    this.#isOurs = isOurs
    // Without a listener ioredis prints the error, arguments and all.
    const note = (error: unknown): void => {
      this.#lastError = isOurs ? withoutArguments(error) : error
    }
    client.on('error', note)
    client.on('ready', () => {
      this.#hasHurried = false
    })
    // An attempt was made: the next one has its turn.
    client.on('connect', () => clearTimeout(this.#hurryTimer))
    client.on('close', () => clearTimeout(this.#hurryTimer))
    if (this.isCluster) client.on('node error', note)
    return client
  }
}

function checkTimeout(name: string, ms: number): number {
  // Beyond that, Node's timers fire at once.
  if (Number.isFinite(ms) && ms >= 1 && ms <= 0x7fff_ffff) return ms
  throw new ConfigurationError(`Redis: ${name} must be between 1 and 2147483647 milliseconds, got ${ms}.`)
}
