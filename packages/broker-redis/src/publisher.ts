import { type OutgoingMessage, type Settled, settledOk } from '@machinery/core/adapter'
import { type RedisClient, type RedisConnection, runScript } from '@machinery/redis-connection'
import { scoreOf } from './delayed-set.js'
import { wakeChannel } from './keys.js'
import { portions } from './portions.js'
import { storeDelayed } from './scripts/delays.js'
import { settledBy } from './settled.js'

/** Stores messages: one command per queue and one for all that wait, unless they are very many or very large. */
export class Publisher {
  readonly #connection: RedisConnection
  readonly #delayedKey: string

  constructor(connection: RedisConnection, delayedKey: string) {
    this.#connection = connection
    this.#delayedKey = delayedKey
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    if (messages.length === 0) return []
    let client: RedisClient
    try {
      client = await this.#connection.ready()
    } catch (error) {
      const settled = settledBy(error)
      return messages.map(() => settled)
    }
    const answers = new Array<Settled>(messages.length)
    const now = Date.now()
    const queues = new Map<string, Item[]>()
    const delayed: Item[] = []
    for (const [index, message] of messages.entries()) {
      const { body, routingKey, deliverAt } = message
      const item = { index, body: bytesOf(body), dueAt: deliverAt?.getTime() ?? 0 }
      if (item.dueAt > now) {
        delayed.push(item)
        continue
      }
      const items = queues.get(routingKey)
      if (items === undefined) queues.set(routingKey, [item])
      else items.push(item)
    }
    const sending: Promise<void>[] = []
    const send = (items: readonly Item[], command: (portion: readonly Item[]) => Promise<unknown>): void => {
      // Written in order, on one connection: so they are carried out in order too.
      for (const portion of portions(items)) sending.push(settle(answers, portion, command(portion)))
    }
    for (const [queue, items] of queues) {
      send(items, (portion) => client.rpush(queue, ...portion.map(({ body }) => body)))
    }
    delayed.sort((a, b) => a.dueAt - b.dueAt)
    send(delayed, (portion) => {
      const args = portion.flatMap(({ body, dueAt }) => [scoreOf(dueAt), body])
      return runScript(client, storeDelayed, [this.#delayedKey], [wakeChannel(this.#delayedKey), ...args])
    })
    await Promise.all(sending)
    return answers
  }
}

interface Item {
  readonly index: number
  readonly body: Buffer
  /** Epoch ms; 0: now. */
  readonly dueAt: number
}

async function settle(answers: Settled[], items: readonly Item[], command: Promise<unknown>): Promise<void> {
  const settled = await command.then(() => settledOk, settledBy)
  for (const { index } of items) answers[index] = settled
}

/** The same memory, as the client wants it. */
function bytesOf(body: Uint8Array): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
