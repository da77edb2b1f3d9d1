import { type AmqpConnection, Declarer, isNotFound, type LiveConnection } from '@machinery/amqp-connection'
import { UnsupportedError } from '@machinery/core'
import { type InspectedMessage, purgesDead, type QueueInspector } from '@machinery/core/adapter'
import type { AmqpConsumer } from './amqp-consumer.js'
import { browse } from './browse.js'
import { listRungs } from './delay-directory.js'
import type { Rung } from './delay-ladder.js'
import { deliverAtOf, reasonOf } from './headers.js'
import type { AmqpArguments } from './options.js'
import { countsGivenBack } from './quorum-queues.js'

export interface QueueInspectionParts {
  /** One that nobody publishes on: those are not served while the server is short of memory. */
  readonly connection: AmqpConnection
  /** The consumers of this broker, which hold messages that the server does not count as ready. */
  readonly consumers: ReadonlySet<AmqpConsumer>
  /** What task queues are declared with. */
  readonly queueDeclareArgs: AmqpArguments
  readonly deadQueueOf: (queue: string) => string
  /** Which queue the messages of a rung go to. */
  readonly queueOf: (rung: Rung) => string
}

/**
 * Looks into queues. RabbitMQ shows messages over AMQP only by handing them out: those that are listed are given back at
 * once, to their places, but are marked as redelivered. Counting has no such effect.
 */
export class QueueInspection implements QueueInspector {
  readonly #parts: QueueInspectionParts
  readonly #declarers = new WeakMap<LiveConnection, Declarer>()

  constructor(parts: QueueInspectionParts) {
    this.#parts = parts
  }

  async pendingMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]> {
    const live = await this.#live()
    await this.#refuseWhereCounted(live, queue, this.#parts.queueDeclareArgs)
    const pushed = this.#consumersOf(queue).flatMap(({ waiting }) => waiting)
    const messages = await browse(live, queue, Math.max(0, limit - pushed.length))
    return [...pushed.map(({ body }) => ({ body })), ...messages.map(({ content }) => ({ body: content }))].slice(
      0,
      limit,
    )
  }

  async delayedMessages(limit: number, queue?: string): Promise<readonly InspectedMessage[]> {
    const live = await this.#live()
    const rungs = await this.#rungs(live, queue)
    const found: InspectedMessage[] = []
    for (const { rung, count } of rungs) {
      // On one rung all wait equally long, so that the first ones are the soonest.
      for (const message of await browse(live, rung.queue, Math.min(limit, count))) {
        const deliverAt = deliverAtOf(message)
        found.push({ body: message.content, ...(deliverAt && { deliverAt }) })
      }
    }
    return found.sort((one, other) => timeOf(one) - timeOf(other)).slice(0, limit)
  }

  async deadMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]> {
    const live = await this.#live()
    const dead = this.#parts.deadQueueOf(queue)
    await this.#refuseWhereCounted(live, dead, {})
    const messages = await browse(live, dead, limit)
    return messages.map((message) => {
      const reason = reasonOf(message)
      return { body: message.content, ...(reason !== undefined && { reason }) }
    })
  }

  async countMessages(queue: string): Promise<{ pending: number; delayed: number; dead: number; inFlight: number }> {
    const live = await this.#live()
    const declarer = this.#declarerOf(live)
    const ready = (await declarer.count(queue)) ?? 0
    const dead = (await declarer.count(this.#parts.deadQueueOf(queue))) ?? 0
    const delayed = sum((await this.#rungs(live, queue)).map(({ count }) => count))
    const consumers = this.#consumersOf(queue)
    return {
      pending: ready + sum(consumers.map(({ waiting }) => waiting.length)),
      delayed,
      dead,
      inFlight: sum(consumers.map(({ inFlight }) => inFlight)),
    }
  }

  async purge(queue: string, what: 'pending' | 'dead'): Promise<number> {
    const isOfDead = purgesDead(what)
    const declarer = this.#declarerOf(await this.#live())
    const name = isOfDead ? this.#parts.deadQueueOf(queue) : queue
    const purged = await declarer
      .run(`the purge of queue ${name}`, (channel) => channel.purgeQueue(name))
      .then(({ messageCount }) => messageCount)
      .catch((error: unknown) => {
        if (isNotFound(error)) return 0
        throw error
      })
    if (isOfDead) return purged
    const dropped = await Promise.all(this.#consumersOf(queue).map((consumer) => consumer.dropWaiting()))
    return purged + sum(dropped)
  }

  /** @throws UnsupportedError where each look counts as a delivery, of which a queue allows so many */
  async #refuseWhereCounted(live: LiveConnection, queue: string, declared: AmqpArguments): Promise<void> {
    const declarer = this.#declarerOf(live)
    // To ask for the kind of a queue that is not there would make it.
    if ((await declarer.count(queue)) === undefined) return
    if (!(await countsGivenBack(live, declarer, queue, declared))) return
    throw new UnsupportedError(
      `The messages of queue ${queue} cannot be listed: on quorum queues before RabbitMQ 4.3 each look counts as a delivery, and the server drops a message after too many. Count them instead, or use a classic queue.`,
    )
  }

  #rungs(live: LiveConnection, queue: string | undefined) {
    const isWanted = (rung: Rung): boolean => queue === undefined || this.#parts.queueOf(rung) === queue
    return listRungs(live, this.#declarerOf(live), isWanted)
  }

  #consumersOf(queue: string): readonly AmqpConsumer[] {
    return [...this.#parts.consumers].filter((consumer) => consumer.queue === queue)
  }

  #live(): Promise<LiveConnection> {
    return this.#parts.connection.ready()
  }

  #declarerOf(live: LiveConnection): Declarer {
    let declarer = this.#declarers.get(live)
    if (declarer === undefined) {
      declarer = new Declarer(live)
      this.#declarers.set(live, declarer)
    }
    return declarer
  }
}

function timeOf({ deliverAt }: InspectedMessage): number {
  return deliverAt?.getTime() ?? Number.POSITIVE_INFINITY
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
