import {
  type Broker,
  type BrokerCapabilities,
  ClosedError,
  type ConsumeOptions,
  type Consumer,
  type InspectedMessage,
  type OutgoingMessage,
  purgesDead,
  type QueueInspector,
  type Settled,
} from '@machinery/core/adapter'
import {
  openRedis,
  type RedisClient,
  type RedisConnection,
  type RedisConnectionOptions,
  withoutArguments,
} from '@machinery/redis-connection'
import { pause } from './abortable.js'
import { DelayedSet } from './delayed-set.js'
import { DueTimer } from './due-timer.js'
import { Hearts } from './heart/hearts.js'
import * as inspection from './inspection.js'
import { queueKeys } from './keys.js'
import { moveLaterDue } from './later.js'
import { type RedisBrokerOptions, resolveOptions, type Settings } from './options.js'
import { Publisher } from './publisher.js'
import { RedisConsumer } from './redis-consumer.js'
import { WakeListener } from './wake-listener.js'

/** How long `close` waits for consumers that could not give everything back yet, in milliseconds. */
const leftoversWithinMs = 2_000

/**
 * Moves tasks through Redis 6.2 or newer: one server, a cluster, or sentinels. Delivers at least once, also when workers are
 * killed. Shares its queues and delayed tasks with Machinery in Go.
 */
export class RedisBroker implements Broker, QueueInspector, AsyncDisposable {
  readonly name = 'redis'
  readonly capabilities: BrokerCapabilities
  readonly #settings: Settings
  readonly #connection: RedisConnection
  readonly #publisher: Publisher
  readonly #hearts: Hearts
  readonly #consumers = new Map<RedisConsumer, DueTimer>()
  readonly #leftovers = new Set<Promise<void>>()
  #delays: { readonly timer: DueTimer; readonly listener: WakeListener } | undefined
  #closing: Promise<void> | undefined

  /** @throws ConfigurationError where options are wrong or contradict each other. Nothing connects yet. */
  constructor(options: RedisBrokerOptions = {}) {
    this.#settings = resolveOptions(options)
    this.#connection = openRedis(options)
    this.#publisher = new Publisher(this.#connection, this.#settings.delayed, this.#settings.defaultQueue)
    this.#hearts = new Hearts(this.#settings, connectionOptionsOf(options), this.#connection)
    this.capabilities = {
      maxDelayMs: Number.POSITIVE_INFINITY,
      maxPriority: 0,
      maxBodyBytes: this.#settings.maxBodyBytes,
      redelivery: 'after-consumer-loss',
    }
  }
  async publish(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    return this.#publisher.publish(messages)
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    this.#assertOpen()
    const keys = queueKeys(options.queue)
    try {
      const consumer = await RedisConsumer.open({
        keys,
        settings: this.#settings,
        connection: this.#connection,
        hearts: this.#hearts,
        maxUnsettled: options.maxUnsettled,
        onGivenBack: (dueAt) => this.#consumers.get(consumer)?.wake(dueAt),
        onClose: (closed, leftover) => this.#forget(closed, leftover),
      })
      const later = new DueTimer(() => moveLaterDue(this.#connection, keys), this.#settings.upkeepMs)
      this.#consumers.set(consumer, later)
      void this.#note(options.queue)
      if (this.#closing !== undefined) {
        await consumer.close()
        this.#assertOpen()
      }
      this.#delays ??= this.#startDelays()
      return consumer
    } catch (error) {
      throw withoutArguments(error)
    }
  }

  /** Gives back what consumers hold and closes the connections it opened. Takes a few seconds at most. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** As `QueueInspector`. */
  pendingMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]> {
    return this.#look(async (client) => {
      const bodies = await inspection.firstEntries(client, queue, limit)
      return bodies.map((body) => ({ body }))
    })
  }

  /**
   * As `QueueInspector`. For one queue the whole delayed set is searched, page by page, as it holds those of all queues.
   */
  delayedMessages(limit: number, queue?: string): Promise<readonly InspectedMessage[]> {
    return this.#look(async (client) => {
      const { delayed } = this.#settings
      const filter = queue === undefined ? undefined : this.#isFor(queue)
      const queues = queue === undefined ? await client.smembers(delayed.queues) : [queue]
      const found = await inspection.delayedSignatures(client, delayed.set, limit, filter)
      for (const each of queues) found.push(...(await inspection.laterMessages(client, queueKeys(each), limit)))
      return found.sort((a, b) => Number(a.deliverAt) - Number(b.deliverAt)).slice(0, limit)
    })
  }

  /** As `QueueInspector`. */
  deadMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]> {
    return this.#look((client) => inspection.deadMessages(client, queueKeys(queue), limit))
  }

  /** As `QueueInspector`. `delayed` is counted page by page, as one set holds the delayed tasks of all queues. */
  countMessages(queue: string): Promise<{ pending: number; delayed: number; dead: number; inFlight: number }> {
    return this.#look(async (client) => {
      const keys = queueKeys(queue)
      const [pending, dead, later, stored, signatures] = await Promise.all([
        client.llen(queue),
        client.llen(keys.dead),
        client.zcard(keys.later),
        inspection.countInFlight(client, keys),
        inspection.countDelayedSignatures(client, this.#settings.delayed.set, this.#isFor(queue)),
      ])
      const finished = [...this.#consumers.keys()]
        .filter((each) => each.queue === queue)
        .reduce((sum, each) => sum + each.finishedStored, 0)
      return { pending, delayed: later + signatures, dead, inFlight: Math.max(0, stored - finished) }
    })
  }

  /** As `QueueInspector`. */
  async purge(queue: string, what: 'pending' | 'dead'): Promise<number> {
    const list = purgesDead(what) ? queueKeys(queue).dead : queue
    return this.#look((client) => inspection.deleteList(client, list))
  }

  async #look<T>(what: (client: RedisClient) => Promise<T>): Promise<T> {
    this.#assertOpen()
    try {
      return await what(await this.#connection.ready())
    } catch (error) {
      throw withoutArguments(error)
    }
  }

  #isFor(queue: string): (routingKey: string | undefined) => boolean {
    return (routingKey) => (routingKey || this.#settings.defaultQueue) === queue
  }

  #startDelays(): { readonly timer: DueTimer; readonly listener: WakeListener } {
    const { delayed, defaultQueue, delayedPollMs } = this.#settings
    const set = new DelayedSet(this.#connection, delayed.set, defaultQueue)
    const timer = new DueTimer(() => set.moveDue(), delayedPollMs)
    const listener = new WakeListener(this.#connection, delayed.wake, () => {
      timer.wake()
      for (const later of this.#consumers.values()) later.wake()
    })
    return { timer, listener }
  }

  /** For inspection: queues may have delayed messages in a set of their own. */
  async #note(queue: string): Promise<void> {
    try {
      const client = await this.#connection.ready()
      await client.sadd(this.#settings.delayed.queues, queue)
    } catch {
      // It is noted by the next consumer, or not needed.
    }
  }

  #forget(consumer: RedisConsumer, leftover: Promise<void>): void {
    void this.#consumers.get(consumer)?.close()
    this.#consumers.delete(consumer)
    this.#leftovers.add(leftover)
    void leftover.finally(() => this.#leftovers.delete(leftover))
    if (this.#consumers.size > 0) return
    void this.#delays?.timer.close()
    void this.#delays?.listener.close()
    this.#delays = undefined
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers.keys()].map((consumer) => consumer.close()))
    const patience = new AbortController()
    await Promise.race([Promise.all(this.#leftovers), pause(leftoversWithinMs, patience.signal)])
    patience.abort()
    await Promise.all([this.#hearts.close(), this.#connection.close()])
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError('The Redis broker')
  }
}

/** Only what says how to connect. */
function connectionOptionsOf(options: RedisBrokerOptions): RedisConnectionOptions {
  const { delayedTasksKey, defaultQueue, leaseMs, maxBlockedMs, delayedPollMs, maxBodyBytes, ...connection } = options
  return connection
}
