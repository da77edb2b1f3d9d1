import { setTimeout as sleep } from 'node:timers/promises'
import { type LiveConnection, ownQueueArguments } from '@machinery/amqp-connection'
import { decodeGroupMeta, encodeGroupMeta, type GroupRecord } from '@machinery/core/adapter'
import type { Parts } from './parts.js'
import { assertPublished } from './published.js'
import { queueNames } from './queue-names.js'
import { nothingWhereNotFound } from './state-queues.js'

/**
 * `none`: nobody stored one, as producers in Go do not. `expired`: somebody did, and its life is over. `aging`: it is there,
 * and so old that what was stored early in the group's life should be renewed too.
 */
export type RecordLife = 'present' | 'aging' | Absence
type Absence = 'expired' | 'none'

/** How long the queue stays behind its message, so that an expired record can be told from none, in milliseconds. */
const tombstoneMs = 3_600_000
/** Another reader holds the record for some milliseconds. */
const attempts = 10
const pauseMs = 15
/** How many groups are remembered as renewed. */
const mostRemembered = 10_000

/** Records of groups: a durable queue each, with the record as its message, or several times the same after renewals. */
export class GroupRecords {
  readonly #parts: Parts
  readonly #renewedAt = new Map<string, number>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async create(group: GroupRecord, expiresInMs: number): Promise<void> {
    const queue = queueNames.record(group.groupUuid)
    const settled = await this.#parts.publisher.publish(1, async (live) => {
      await this.#declare(live, queue, expiresInMs)
      return [recordMessage(queue, Buffer.from(encodeGroupMeta(group)), expiresInMs)]
    })
    assertPublished(settled)
    this.#noteRenewal(group.groupUuid)
  }

  async read(groupUuid: string): Promise<GroupRecord | Absence> {
    const body = await this.#peek(queueNames.record(groupUuid))
    return typeof body === 'string' ? body : decodeGroupMeta(body)
  }

  /** Whether the record lives. Where it does, it lives for `expiresInMs` more at least. */
  async renew(groupUuid: string, expiresInMs: number): Promise<RecordLife> {
    const queue = queueNames.record(groupUuid)
    const renewedAt = this.#renewedAt.get(groupUuid)
    // Three quarters of a life are life enough to write seldom.
    const isDue = renewedAt === undefined || performance.now() - renewedAt > expiresInMs / 4
    const calls = await this.#parts.calls()
    const count = await calls.of(queue).count(queue)
    if (count === undefined) return 'none'
    if (count > 0 && !isDue) return 'present'
    const body = await this.#peek(queue)
    if (typeof body === 'string') return body
    if (isDue) {
      assertPublished(await this.#parts.publisher.publish(1, () => [recordMessage(queue, body, expiresInMs)]))
      this.#noteRenewal(groupUuid)
      if (Date.now() - Date.parse(decodeGroupMeta(body).createdAt) > expiresInMs / 4) return 'aging'
    }
    return 'present'
  }

  forget(groupUuid: string): void {
    this.#renewedAt.delete(groupUuid)
  }

  async #peek(queue: string): Promise<Buffer | Absence> {
    const calls = await this.#parts.calls()
    for (let attempt = 1; ; attempt++) {
      const found = await calls
        .run(queue, `the record in queue ${queue}`, async (channel) => {
          const message = await channel.get(queue)
          if (message !== false) channel.nack(message, false, true)
          return message
        })
        .catch(nothingWhereNotFound)
      if (found === undefined) return 'none'
      if (found !== false) return found.content
      if (attempt === attempts) return 'expired'
      await sleep(pauseMs)
    }
  }

  #declare(live: LiveConnection, queue: string, expiresInMs: number): Promise<unknown> {
    const args = { ...ownQueueArguments, 'x-expires': expiresInMs + tombstoneMs }
    return this.#parts
      .callsOn(live)
      .run(queue, `the declaration of queue ${queue}`, (channel) =>
        channel.assertQueue(queue, { durable: true, arguments: args }),
      )
  }

  #noteRenewal(groupUuid: string): void {
    this.#renewedAt.delete(groupUuid)
    this.#renewedAt.set(groupUuid, performance.now())
    if (this.#renewedAt.size > mostRemembered) this.#renewedAt.delete(this.#renewedAt.keys().next().value as string)
  }
}

function recordMessage(queue: string, body: Buffer, expiresInMs: number) {
  const expiration = String(Math.max(1, Math.ceil(expiresInMs)))
  return {
    exchange: '',
    routingKey: queue,
    body,
    properties: { contentType: 'application/json', persistent: true, mandatory: true, expiration },
  }
}
