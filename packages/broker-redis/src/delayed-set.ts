import { peekRoutingKey } from '@machinery/core/adapter'
import { type RedisClient, type RedisConnection, runScript, runScriptForBuffers } from '@machinery/redis-connection'
import { deadLetterHeader } from './dead-letter.js'
import { queueKeys } from './keys.js'
import { enoughBytes } from './portions.js'
import { findDue, moveDue } from './scripts/delays.js'

/** Most messages moved at once. */
const batchSize = 100

/** How long a member is out of sight in a cluster while it is moved, in milliseconds: the longest that two commands take. */
const moveWithinMs = 60_000

/** Scores are Unix nanoseconds, as doubles. */
const scoresPerMs = 1e6

/** The millisecond that a score means, which a double does not show exactly. */
export function msOf(score: string | Buffer): number {
  return Math.round(Number(score.toString()) / scoresPerMs)
}

/** The sorted set of delayed signatures, which Go's workers read too. Members are moved as the bytes they are. */
export class DelayedSet {
  readonly #connection: RedisConnection
  readonly #key: string
  readonly #defaultQueue: string

  constructor(connection: RedisConnection, key: string, defaultQueue: string) {
    this.#connection = connection
    this.#key = key
    this.#defaultQueue = defaultQueue
  }

  /** Moves what is due, a batch. Answers when the next is due (epoch ms, by our clock). */
  async moveDue(): Promise<number | undefined> {
    const client = await this.#connection.ready()
    const args = [scoresPerMs, batchSize, enoughBytes, this.#connection.isCluster ? moveWithinMs : 0]
    const [waitMs, ...due] = (await runScriptForBuffers(client, findDue, [this.#key], args)) as Found
    if (due.length > 0)
      await (this.#connection.isCluster ? this.#moveApart(client, due) : this.#moveAtOnce(client, due))
    return waitMs === null ? undefined : Date.now() + Number(waitMs.toString())
  }

  async #moveAtOnce(client: RedisClient, members: readonly Buffer[]): Promise<void> {
    const queues = new Map<string, number>()
    const args: (string | number | Buffer)[] = [unfitQueueHeader()]
    for (const member of members) {
      const queue = this.#queueOf(member)
      if (queue === undefined) {
        args.push(0, noSignatureHeader(), member)
        continue
      }
      const number = queues.get(queue) ?? queues.size + 1
      queues.set(queue, number)
      args.push(number, '', member)
    }
    await runScript(client, moveDue, [this.#key, this.#deadKey, ...queues.keys()], args)
  }

  /** The queues lie on other nodes. Others do not see the members meanwhile; if this process dies, they see them again. */
  async #moveApart(client: RedisClient, members: readonly Buffer[]): Promise<void> {
    const targets = new Map<string, { readonly members: Buffer[]; readonly entries: Buffer[] }>()
    const add = (key: string, member: Buffer, entry: Buffer): void => {
      const target = targets.get(key) ?? { members: [], entries: [] }
      targets.set(key, target)
      target.members.push(member)
      target.entries.push(entry)
    }
    for (const member of members) {
      const queue = this.#queueOf(member)
      if (queue === undefined) add(this.#deadKey, member, Buffer.concat([noSignatureHeader(), member]))
      else add(queue, member, member)
    }
    const moving = [...targets].map(async ([key, target]) => {
      try {
        await client.rpush(key, ...target.entries)
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('WRONGTYPE'))) throw error
        await client.rpush(this.#deadKey, ...target.entries.map((entry) => Buffer.concat([unfitQueueHeader(), entry])))
      }
      await client.zrem(this.#key, ...target.members)
    })
    for (const outcome of await Promise.allSettled(moving)) if (outcome.status === 'rejected') throw outcome.reason
  }

  #queueOf(member: Buffer): string | undefined {
    const key = peekRoutingKey(member)
    return key === '' ? this.#defaultQueue : key
  }

  get #deadKey(): string {
    return queueKeys(this.#defaultQueue).dead
  }
}

type Found = readonly [waitMs: Buffer | null, ...due: Buffer[]]

function noSignatureHeader(): Buffer {
  return deadLetterHeader('A member of the delayed set is no signature.')
}

function unfitQueueHeader(): Buffer {
  return deadLetterHeader('The key that a delayed signature names as its queue is no list.')
}
