import { isMismatch, type LiveConnection, MessageRefusedError, ownQueueArguments } from '@machinery/amqp-connection'
import type { ChordClaim } from '@machinery/core/adapter'
import { isOwnClaim } from './doubtful-claim.js'
import type { Parts } from './parts.js'
import { queueNames } from './queue-names.js'

/** How long claims and marks outlive the group, at least, in milliseconds. */
const marksLiveMs = 86_400_000

/** How long a claim that is looked for must live yet, in milliseconds. */
const spareMs = 1_000

const claimQueue = {
  durable: true,
  arguments: { ...ownQueueArguments, 'x-max-length': 1, 'x-overflow': 'reject-publish', 'x-expires': marksLiveMs },
}

/** A claim of this object, and when its lease is over, as `performance.now()` counts. */
interface Claim {
  readonly owner: string
  readonly until: number
}

/**
 * Who may send a group's callback. A queue that takes one message, and refuses others while that is there: whose message
 * it takes has the claim, and the message expires with the lease. RabbitMQ compares the arguments of queues too, but that would
 * not do for leases: each attempt of another, though refused, renews the life of the queue.
 */
export class ChordClaims {
  readonly #parts: Parts
  /** The claims of this object, as the server does not tell whose message it is. */
  readonly #mine = new Map<string, Claim>()
  /** Claims that may be there, as their messages were not confirmed. */
  readonly #doubtful = new Map<string, Claim>()

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
    const taken = isHeldByOwner || (await this.#take(groupUuid, owner, leaseMs))
    // Only now: somebody may have sent it and lost the claim since.
    if (await this.#parts.exists(queueNames.sent(groupUuid))) {
      await this.#forgetSent(groupUuid)
      return 'sent'
    }
    if (typeof taken === 'object') throw taken.error
    if (!taken) return 'held'
    if (!isHeldByOwner) await this.#mark(queueNames.triggered(groupUuid))
    return 'claimed'
  }

  async markSent(groupUuid: string): Promise<void> {
    await this.#mark(queueNames.sent(groupUuid))
    await this.#mark(queueNames.triggered(groupUuid))
    await this.#forgetSent(groupUuid)
  }

  /** Whoever claims it from now on finds the mark, so that nobody needs the queue, which asking for the claim has made. */
  async #forgetSent(groupUuid: string): Promise<void> {
    this.forget(groupUuid)
    await this.#parts.delete([queueNames.claim(groupUuid)])
  }

  forget(groupUuid: string): void {
    this.#mine.delete(groupUuid)
    this.#doubtful.delete(groupUuid)
  }

  /** Whether the server has the message of this owner; what went wrong where that is unknown. */
  async #take(groupUuid: string, owner: string, leaseMs: number): Promise<boolean | { readonly error: unknown }> {
    const queue = queueNames.claim(groupUuid)
    const claim: Claim = { owner, until: performance.now() + leaseMs }
    const properties = { persistent: true, mandatory: true, expiration: String(Math.max(1, Math.ceil(leaseMs))) }
    let live: LiveConnection | undefined
    const [settled] = await this.#parts.publisher.publish(1, async (ready) => {
      live = ready
      await this.#parts
        .callsOn(ready)
        .run(queue, `the declaration of queue ${queue}`, (channel) => channel.assertQueue(queue, claimQueue))
      return [{ exchange: '', routingKey: queue, body: Buffer.from(owner), properties }]
    })
    if (settled?.status === 'ok') return this.#note(groupUuid, claim)
    if (settled?.error instanceof MessageRefusedError) {
      const doubtful = this.#doubtful.get(groupUuid)
      // One that is about to expire may go while it is looked at.
      if (live === undefined || doubtful?.owner !== owner || doubtful.until < performance.now() + spareMs) return false
      return (await isOwnClaim(live, { queue, owner, properties })) && this.#note(groupUuid, doubtful)
    }
    if (settled?.status === 'indeterminate') this.#doubtful.set(groupUuid, claim)
    return { error: settled?.error }
  }

  #note(groupUuid: string, claim: Claim): true {
    this.#mine.set(groupUuid, claim)
    this.#doubtful.delete(groupUuid)
    return true
  }

  async #mark(queue: string): Promise<void> {
    const calls = await this.#parts.calls()
    const args = { ...ownQueueArguments, 'x-expires': Math.max(marksLiveMs, 2 * this.#parts.expiresInMs) }
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
