import { randomUUID } from 'node:crypto'
import { ClosedError, type Consumer, type Delivery, type Settled, settledOk } from '@machinery/core/adapter'
import { type RedisConnection, runScript, withoutArguments } from '@machinery/redis-connection'
import { pause, whileWanted } from './abortable.js'
import { Audit } from './audit.js'
import { BlockingMove } from './blocking-move.js'
import { Departure } from './departure.js'
import type { Epoch, RedisDelivery } from './epoch.js'
import { EpochKeeper, type Way } from './epoch-keeper.js'
import { Fetcher } from './fetcher.js'
import { Graveyard } from './graveyard.js'
import type { Heart, Hearts } from './heart/hearts.js'
import type { QueueKeys } from './keys.js'
import type { Settings } from './options.js'
import { isPassing } from './passing-failure.js'
import { register } from './scripts/lives.js'
import { notHeld, settledBy } from './settled.js'

/** How long a fetch may take to end once it is told to, in milliseconds. What it brings later goes back. */
const stopFetchMs = 100

/** How long `close` waits for the server, in milliseconds. It goes on giving back after that, in pauses of: */
const closeWithinMs = 2_000
const tryAgainMs = 500

/** Below so many finished messages it is not worth a command to take them out of lists before their time. */
const fewFinished = 500

export interface RedisConsumerParts {
  readonly keys: QueueKeys
  readonly settings: Settings
  readonly connection: RedisConnection
  readonly hearts: Hearts
  /** The most deliveries that are ever unsettled at once. */
  readonly maxUnsettled: number
  /** Told when something that was given back is due (epoch ms). */
  readonly onGivenBack: (dueAt: number) => void
  /** Told when it closes, with what goes on after that. */
  readonly onClose: (consumer: RedisConsumer, leftover: Promise<void>) => void
}

/**
 * A reader of one queue. It is registered on the server under an id of its own, and stays so over short outages. When the
 * registration is gone (others took its messages over, or the data were deleted) it is broken for good.
 */
export class RedisConsumer implements Consumer {
  readonly queue: string
  readonly #parts: RedisConsumerParts
  readonly #id: string
  readonly #heart: Heart
  readonly #keeper: EpochKeeper
  readonly #move: BlockingMove
  readonly #fetcher: Fetcher
  readonly #audit: Audit
  readonly #graveyard: Graveyard
  /** Aborts when it closes or breaks. */
  readonly #end = new AbortController()
  #upkeepTimer: NodeJS.Timeout | undefined
  #upkeepWorkedAt = performance.now()
  #acksSinceLook = 0
  #failure: Error | undefined
  #fetching: Promise<readonly RedisDelivery[]> | undefined
  #closing: Promise<void> | undefined

  /** Registers a consumer. Its heart beats before it takes anything. */
  static async open(parts: RedisConsumerParts): Promise<RedisConsumer> {
    const id = randomUUID()
    const { keys, settings, connection, hearts } = parts
    const client = await connection.ready()
    const bornAt = process.hrtime.bigint()
    await runScript(client, register, [keys.consumers, keys.alive(id)], [id, Math.ceil(settings.leaseMs)])
    return new RedisConsumer(parts, id, hearts.start(keys.alive(id), bornAt))
  }

  private constructor(parts: RedisConsumerParts, id: string, heart: Heart) {
    const { keys, settings, connection } = parts
    this.queue = keys.queue
    this.#parts = parts
    this.#id = id
    this.#heart = heart
    this.#keeper = new EpochKeeper(keys, id, () => connection.ready())
    const blocking = connection.duplicate({ commandTimeoutMs: settings.blockMs + 1_000 })
    this.#move = new BlockingMove(blocking, connection, keys.queue)
    this.#move.prepare()
    this.#fetcher = new Fetcher({ keeper: this.#keeper, move: this.#move, heart, keys, settings, connection })
    this.#audit = new Audit(this.#keeper, keys, id)
    this.#graveyard = new Graveyard(keys, id, () => pause(settings.confirmMs, this.#end.signal))
    this.#planUpkeep()
  }

  /** How many finished messages its lists still hold. */
  get finishedStored(): number {
    return this.#keeper.finishedStored
  }

  async receive(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    const wanted = [signal, this.#end.signal]
    if (this.#fetching !== undefined) {
      // It did not end when it was told to. Beside another one, it could take messages that nobody waits for.
      await whileWanted(
        this.#fetching.catch(() => {}),
        wanted,
        0,
        () => {},
      )
    }
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closing !== undefined) throw new ClosedError('The consumer')
    if (signal.aborted || this.#fetching !== undefined) return []

    const stop = new AbortController()
    const fetching = this.#fetch(max, stop.signal)
    this.#fetching = fetching
    const brought = await whileWanted(fetching, wanted, stopFetchMs, () => {
      stop.abort()
      void this.#move.interrupt()
    })
    // `close` gives back all lists, so these are nobody's any more.
    if (this.#closing !== undefined) return []
    if (brought !== undefined) return brought
    fetching.then(
      (late) => this.nack(late),
      () => {},
    )
    if (this.#failure !== undefined) throw this.#failure
    return []
  }

  async ack(deliveries: readonly Delivery[]): Promise<readonly Settled[]> {
    // Unless our lease surely holds, others may have taken over what we finished.
    const isCertain = this.#failure === undefined && this.#heart.ageMs < this.#parts.settings.leaseMs
    const dropping: Epoch[] = []
    const lasting = new Set<Epoch>()
    const answers = deliveries.map((delivery) => {
      if (!this.#holds(delivery)) return notHeld
      const { epoch } = delivery
      epoch.finish(delivery)
      if (epoch.unfinished === 0) dropping.push(epoch)
      else if (!isCertain) lasting.add(epoch)
      return settledOk
    })
    if (dropping.length > 0) correct(answers, deliveries, await this.#keeper.drop(dropping))
    if (lasting.size > 0) correct(answers, deliveries, await this.#verify(lasting))
    this.#boundFinished(deliveries.length)
    return answers
  }

  nack(deliveries: readonly Delivery[], options?: { readonly delayMs?: number }): Promise<readonly Settled[]> {
    const delayMs = options?.delayMs ?? 0
    if (delayMs <= 0) return this.#leave(deliveries, { to: 'head' })
    this.#parts.onGivenBack(Date.now() + delayMs)
    return this.#leave(deliveries, { to: 'later', delayMs })
  }

  reject(deliveries: readonly Delivery[], reason: string): Promise<readonly Settled[]> {
    return this.#leave(deliveries, { to: 'dead', reason })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #holds(delivery: Delivery): delivery is RedisDelivery {
    return this.#closing === undefined && this.#keeper.holds(delivery)
  }

  async #fetch(max: number, stop: AbortSignal): Promise<readonly RedisDelivery[]> {
    try {
      const fetched = await this.#fetcher.fetch(max, stop)
      return fetched ?? this.#break(registrationGone(this.queue))
    } catch (error) {
      throw withoutArguments(error)
    } finally {
      this.#fetching = undefined
    }
  }

  async #leave(deliveries: readonly Delivery[], way: Way): Promise<readonly Settled[]> {
    const leaving: RedisDelivery[] = []
    const answers: Settled[] = deliveries.map((delivery) => {
      if (!this.#holds(delivery)) return notHeld
      delivery.state = 'leaving'
      leaving.push(delivery)
      return settledOk
    })
    if (leaving.length === 0) return answers
    const settled = (await this.#keeper.moveOut(leaving, way)).values()
    return answers.map((answer) => (answer === settledOk ? (settled.next().value ?? answer) : answer))
  }

  /** Whether the lists are still there. */
  async #verify(epochs: ReadonlySet<Epoch>): Promise<ReadonlyMap<Epoch, Settled>> {
    const answers = new Map<Epoch, Settled>()
    const verifying = [...epochs].map(async (epoch) => {
      try {
        const client = await this.#parts.connection.ready()
        if ((await client.exists(epoch.key)) === 0) answers.set(epoch, notHeld)
      } catch (error) {
        answers.set(epoch, settledBy(error))
      }
    })
    await Promise.all(verifying)
    return answers
  }

  /** Lists of tasks that run long hold what finished beside them. That must not become much. */
  #boundFinished(acks: number): void {
    const bound = Math.max(fewFinished, 2 * this.#parts.maxUnsettled)
    this.#acksSinceLook += acks
    if (this.#acksSinceLook < bound) return
    this.#acksSinceLook = 0
    if (this.#keeper.finishedStored > bound) void this.#keeper.upkeep(0)
  }

  #planUpkeep(): void {
    const ms = this.#parts.settings.upkeepMs * (0.8 + 0.4 * Math.random())
    this.#upkeepTimer = setTimeout(() => {
      this.#upkeep()
        .catch((error: unknown) => this.#upkeepFailed(error))
        .finally(() => {
          if (!this.#end.signal.aborted) this.#planUpkeep()
        })
    }, ms).unref()
  }

  async #upkeep(): Promise<void> {
    const client = await this.#parts.connection.ready()
    if (this.#end.signal.aborted) return
    if (!(await this.#audit.run(client))) return void this.#setFailure(registrationGone(this.queue))
    await this.#keeper.upkeep(this.#parts.settings.compactMs)
    await this.#graveyard.tend(client)
    this.#upkeepWorkedAt = performance.now()
  }

  /** Without upkeep, messages of dead consumers would wait for ever. That must come to light. */
  #upkeepFailed(error: unknown): void {
    const isLasting = performance.now() - this.#upkeepWorkedAt > 2 * this.#parts.settings.leaseMs
    if (isLasting && !isPassing(error) && error instanceof Error) this.#setFailure(withoutArguments(error))
  }

  #break(error: Error): never {
    this.#setFailure(error)
    throw error
  }

  #setFailure(error: Error): void {
    if (this.#end.signal.aborted) return
    this.#failure = error
    this.#end.abort()
  }

  async #close(): Promise<void> {
    this.#end.abort()
    clearTimeout(this.#upkeepTimer)
    this.#heart.stop()
    const leaving = this.#depart()
    this.#parts.onClose(this, leaving)
    const patience = new AbortController()
    await Promise.race([leaving, pause(closeWithinMs, patience.signal)])
    patience.abort()
  }

  /** Never rejects. Where the server cannot be reached for as long as the lease, others take over. */
  async #depart(): Promise<void> {
    const { connection, keys, settings } = this.#parts
    const departure = new Departure(this.#keeper, keys, this.#id)
    const isMoveOver = await this.#move.interrupt()
    await this.#move.close()
    const giveUpAt = performance.now() + settings.leaseMs
    for (;;) {
      try {
        return await departure.run(await connection.ready(), isMoveOver)
      } catch (error) {
        if (!isPassing(error) || performance.now() > giveUpAt) return
        await new Promise((resolve) => setTimeout(resolve, tryAgainMs).unref())
      }
    }
  }
}

function correct(answers: Settled[], deliveries: readonly Delivery[], by: ReadonlyMap<Epoch, Settled>): void {
  for (const [index, delivery] of deliveries.entries()) {
    if (answers[index] === settledOk) answers[index] = by.get((delivery as RedisDelivery).epoch) ?? settledOk
  }
}

function registrationGone(queue: string): Error {
  return new Error(
    `This consumer of queue ${queue} is not registered on Redis any more: either it gave no sign of life for as long as its lease and others took its messages over, or the data were deleted. A new consumer must be opened.`,
  )
}
