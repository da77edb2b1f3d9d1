import { isMismatch, MessageRefusedError } from '@machinery/amqp-connection'
import type { ChordClaim } from '@machinery/core/adapter'
import type { Parts } from './parts.js'
import { queueNames } from './queue-names.js'

/** How long claims and marks outlive the group, at least, in milliseconds. */
const marksLiveMs = 86_400_000

const claimQueue = {
  durable: true,
  arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish', 'x-expires': marksLiveMs },
}

/**
 * Who may send a group's callback. A queue that takes one message, and refuses others while that is there: whose message
 * it takes has the claim, and the message expires with the lease. RabbitMQ compares the arguments of queues too, but that would
 * not do for leases: each attempt of another, though refused, renews the life of the queue.
 */
export class ChordClaims {
  readonly #parts: Parts
  /** The claims of this object, as the server does not tell whose message it is. */
  readonly #mine = new Map<string, { readonly owner: string; readonly until: number }>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Whether this object may send the callback at present. */
  isMine(groupUuid: string): boolean {
    const mine = this.#mine.get(groupUuid)
    if (mine !== undefined && mine.until <= performance.now()) this.#mine.delete(groupUuid)
    return this.#mine.has(groupUuid)
  }

  async claim(groupUuid: string, { owner, leaseMs }: { owner: string; leaseMs: number }): Promise<ChordClaim> {
    const isHeldByOwner = this.isMine(groupUuid) && this.#mine.get(groupUuid)?.owner === owner
    const isTaken = isHeldByOwner || (await this.#take(groupUuid, owner, leaseMs))
    // Only now: somebody may have sent it and lost the claim since.
    if (await this.#parts.exists(queueNames.sent(groupUuid))) return 'sent'
    if (!isTaken) return 'held'
    if (!isHeldByOwner) await this.#mark(queueNames.triggered(groupUuid))
    return 'claimed'
  }

  async markSent(groupUuid: string): Promise<void> {
    await this.#mark(queueNames.sent(groupUuid))
    await this.#mark(queueNames.triggered(groupUuid))
    this.#mine.delete(groupUuid)
  }

  forget(groupUuid: string): void {
    this.#mine.delete(groupUuid)
  }

  /** Whether the server took the message. */
  async #take(groupUuid: string, owner: string, leaseMs: number): Promise<boolean> {
    const queue = queueNames.claim(groupUuid)
    const until = performance.now() + leaseMs
    const [settled] = await this.#parts.publisher.publish(1, async (live) => {
      await this.#parts
        .callsOn(live)
        .run(queue, `the declaration of queue ${queue}`, (channel) => channel.assertQueue(queue, claimQueue))
      const expiration = String(Math.max(1, Math.ceil(leaseMs)))
      const properties = { persistent: true, mandatory: true, expiration }
      return [{ exchange: '', routingKey: queue, body: Buffer.from(owner), properties }]
    })
    if (settled?.status === 'ok') {
      this.#mine.set(groupUuid, { owner, until })
      return true
    }
    if (settled?.error instanceof MessageRefusedError) return false
    throw settled?.error
  }

  async #mark(queue: string): Promise<void> {
    const calls = await this.#parts.calls()
    const args = { 'x-expires': Math.max(marksLiveMs, 2 * this.#parts.expiresInMs) }
    try {
      await calls.run(queue, `the declaration of queue ${queue}`, (channel) =>
        channel.assertQueue(queue, { durable: true, arguments: args }),
      )
    } catch (error) {
      // It is there, declared by somebody with another `resultsExpireIn`.
      if (!isMismatch(error)) throw error
    }
  }
}
