import { type OutgoingMessage, peekRoutingKey, type Settled, settledOk, toUnixNanos } from '@machinery/core/adapter'
import { type RedisClient, type RedisConnection, runScript } from '@machinery/redis-connection'
import { type DelayedKeys, queueKeys } from './keys.js'
import { laterMember } from './later.js'
import { portions } from './portions.js'
import { storeDelayed } from './scripts/delays.js'
import { settledBy } from './settled.js'

/** Stores messages: one command per queue and one for all that wait, unless they are very many or very large. */
export class Publisher {
  readonly #connection: RedisConnection
  readonly #delayed: DelayedKeys
  readonly #defaultQueue: string

  constructor(connection: RedisConnection, delayed: DelayedKeys, defaultQueue: string) {
    this.#connection = connection
    this.#delayed = delayed
    this.#defaultQueue = defaultQueue
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    if (messages.length === 0) return []
    let client: RedisClient
    try {
      client = await this.#connection.ready({ soon: true })
    } catch (error) {
      const settled = settledBy(error)
      return messages.map(() => settled)
    }
    const answers = new Array<Settled>(messages.length)
    const sending: Promise<void>[] = []
    for (const { items, command } of this.#sort(client, messages)) {
      // Written in order, on one connection: so they are carried out in order too.
      for (const portion of portions(items)) sending.push(settle(answers, portion, command(portion)))
    }
    await Promise.all(sending)
    return answers
  }

  /** Which messages go where. */
  #sort(client: RedisClient, messages: readonly OutgoingMessage[]): Iterable<Sending> {
    const now = Date.now()
    const sendings = new Map<string, Sending>()
    const add = (where: string, item: Item, command: () => Sending['command']): void => {
      const sending = sendings.get(where)
      if (sending === undefined) sendings.set(where, { items: [item], command: command() })
      else sending.items.push(item)
    }
    for (const [index, { body, routingKey, deliverAt }] of messages.entries()) {
      const item = { index, body: bytesOf(body), dueAt: deliverAt?.getTime() ?? 0, score: scoreAt(deliverAt) }
      if (item.dueAt <= now) {
        add(`now ${routingKey}`, item, () => (items) => client.rpush(routingKey, ...items.map((each) => each.body)))
      } else if (this.#isFor(routingKey, item.body)) {
        add('delayed', item, () => (items) => this.#delay(client, items))
      } else {
        add(`later ${routingKey}`, item, () => (items) => this.#delayApart(client, routingKey, items))
      }
    }
    return sendings.values()
  }

  /** Whether whoever moves the body to its queue, once it is due, will find that queue in it. */
  #isFor(queue: string, body: Buffer): boolean {
    const named = peekRoutingKey(body)
    return named === queue || (named === '' && queue === this.#defaultQueue)
  }

  #delay(client: RedisClient, items: readonly Item[]): Promise<unknown> {
    const args = soonestFirst(items).flatMap(({ body, score }) => [score, body])
    return runScript(client, storeDelayed, [this.#delayed.set], [this.#delayed.wake, ...args])
  }

  async #delayApart(client: RedisClient, queue: string, items: readonly Item[]): Promise<void> {
    await client.sadd(this.#delayed.queues, queue)
    const args = soonestFirst(items).flatMap(({ body, dueAt }) => [dueAt, laterMember(body)])
    await runScript(client, storeDelayed, [queueKeys(queue).later], [this.#delayed.wake, ...args])
  }
}

interface Item {
  readonly index: number
  readonly body: Buffer
  /** Epoch ms; 0: now. */
  readonly dueAt: number
  /** The same in the unit of Go's delayed set: an ETA that came from Go keeps its nanoseconds. */
  readonly score: number
}

function scoreAt(deliverAt: Date | undefined): number {
  return deliverAt === undefined ? 0 : Number(toUnixNanos(deliverAt))
}

interface Sending {
  readonly items: Item[]
  readonly command: (items: readonly Item[]) => Promise<unknown>
}

async function settle(answers: Settled[], items: readonly Item[], command: Promise<unknown>): Promise<void> {
  const settled = await command.then(() => settledOk, settledBy)
  for (const { index } of items) answers[index] = settled
}

function soonestFirst(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => a.dueAt - b.dueAt)
}

/** The same memory, as the client wants it. */
function bytesOf(body: Uint8Array): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
