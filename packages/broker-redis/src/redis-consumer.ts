import { randomUUID } from 'node:crypto'
import { ClosedError, type Consumer, type Delivery, type Settled, settledOk } from '@machinery/core/adapter'
import { type RedisClient, type RedisConnection, runScript, withoutArguments } from '@machinery/redis-connection'
import { pause, whileWanted } from './abortable.js'
import { Audit } from './audit.js'
import { BlockingMove } from './blocking-move.js'
import type { Epoch, RedisDelivery } from './epoch.js'
import { EpochKeeper, type Way } from './epoch-keeper.js'
import { buryConsumer, Graveyard, giveBackLists } from './graveyard.js'
import type { Heart, Hearts } from './heart/hearts.js'
import type { QueueKeys } from './keys.js'
import type { Settings } from './options.js'
import { isPassing } from './passing-failure.js'
import { register } from './scripts/lives.js'
import { notHeld, settledBy } from './settled.js'

/** How long a fetch may take to end once it is told to, in milliseconds. What it brings later goes back. */
const stopFetchMs = 250

/** Pauses between attempts while the link is down, in milliseconds. */
const shortestPauseMs = 50
const longestPauseMs = 1_000

export interface RedisConsumerParts {
  readonly keys: QueueKeys
  readonly settings: Settings
  readonly connection: RedisConnection
  readonly hearts: Hearts
  /** The most deliveries that are ever unsettled at once. */
  readonly maxUnsettled: number
  /** Told of the earliest moment (epoch ms) at which something that was given back is due. */
  readonly onGivenBack: (dueAt: number) => void
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
  readonly #audit: Audit
  readonly #graveyard: Graveyard
  /** Aborts when it closes or breaks. */
  readonly #end = new AbortController()
  #upkeepTimer: NodeJS.Timeout | undefined
  #upkeepWorkedAt = performance.now()
  #finishedSinceLook = 0
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
    this.#audit = new Audit(this.#keeper, keys, id)
    this.#graveyard = new Graveyard(keys, id, () => pause(settings.confirmMs, this.#end.signal))
    this.#planUpkeep()
  }

  /** How many finished messages its lists still hold. */
  get finishedStored(): number {
    return this.#keeper.finishedStored
  }

  async receive(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    if (this.#fetching !== undefined) {
      // One that did not end when it was told to. Until it has, it could take messages that nobody waits for.
      const earlier = this.#fetching.catch(() => {})
      await whileWanted(earlier, signal, 0, () => {})
    }
    this.#assertUsable()
    if (signal.aborted || this.#fetching !== undefined) return []
    const stop = new AbortController()
    const fetching = this.#fetch(max, stop.signal).finally(() => {
      this.#fetching = undefined
    })
    this.#fetching = fetching
    const either = this.#end.signal.aborted ? this.#end.signal : signal
    const brought = await this.#whileOpen(fetching, either, stop)
    if (brought !== undefined) return brought
    fetching.then(
      (late) => this.nack(late),
      () => {},
    )
    this.#throwFailure()
    return []
  }

  async ack(deliveries: readonly Delivery[]): Promise<readonly Settled[]> {
    const answers: Settled[] = new Array(deliveries.length)
    const dropping: Epoch[] = []
    const isCertain = this.#failure === undefined && this.#heart.ageMs < this.#parts.settings.leaseMs
    let isSimple = isCertain
    for (const [index, delivery] of deliveries.entries()) {
      if (!this.#holds(delivery)) {
        answers[index] = notHeld
        continue
      }
      const { epoch } = delivery
      epoch.finish(delivery)
      if (epoch.unfinished === 0) dropping.push(epoch)
      answers[index] = settledOk
    }
    if (dropping.length > 0) {
      const dropped = await this.#keeper.drop(dropping)
      for (const [epoch, answer] of dropped) if (answer !== settledOk) isSimple = this.#answer(deliveries, answers, epoch, answer)
    }
    if (!isCertain) await this.#answerUncertain(deliveries, answers, dropping)
    this.#boundFinished(deliveries.length)
    return isSimple ? answers : [...answers]
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
}
