import type { ConfirmPublisher, Declarer, Prepared } from '@machinery/amqp-connection'
import type { OutgoingMessage, Settled } from '@machinery/core/adapter'
import { type Outgoing, wholeMs } from './outgoing.js'

/** Below this, Go's delay queues may be gone before the message is there: they go after twice the delay. */
const shortestMs = 1_000

/** A queue that was declared for a delay. */
interface Declared {
  readonly queue: string
  readonly delayMs: number
  /** When its life began, or a little before, as `performance.now()` counts. */
  readonly since: number
}

export interface GoDelaysParts {
  readonly publisher: ConfirmPublisher
  readonly outgoing: Outgoing
}

/**
 * Publishes delayed messages into the queues that Go would declare, one for each delay. Such a queue goes after twice its delay,
 * with what is in it, however late that came. So each is declared right before its messages are published, and a message is
 * told as sent only when it came early enough to be due before its queue goes.
 */
export class GoDelays {
  readonly #publisher: ConfirmPublisher
  readonly #outgoing: Outgoing

  constructor(parts: GoDelaysParts) {
    this.#publisher = parts.publisher
    this.#outgoing = parts.outgoing
  }

  /** One answer per message. Those that are due at once or soon take no such queue. */
  async publish(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    const now = Date.now()
    const settled: Settled[] = []
    const indices = Map.groupBy(messages.keys(), (index) => groupOf(messages[index] as OutgoingMessage, now))
    await Promise.all(
      [...indices].map(async ([group, ofGroup]) => {
        const together = ofGroup.map((index) => messages[index] as OutgoingMessage)
        const answers = await (group === '' ? this.#publishOthers(together) : this.#publishDelayed(together))
        for (const [place, index] of ofGroup.entries()) settled[index] = answers[place] as Settled
      }),
    )
    return settled
  }

  #publishOthers(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    return this.#publisher.publish(messages.length, (live) => this.#outgoing.prepare(live, messages))
  }

  /** Messages with one routing key that are due at the same time. */
  async #publishDelayed(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    const first = messages[0] as OutgoingMessage
    let declaring: { readonly declarer: Declarer; readonly declared: Declared } | undefined
    const settled = await this.#publisher.publish(messages.length, async (live): Promise<readonly Prepared[]> => {
      const declarer = this.#outgoing.declarerOf(live)
      await this.#outgoing.declareRoute(declarer, first)
      const declared = await this.#declareFor(declarer, first)
      if (declared === undefined) return this.#outgoing.prepare(live, messages)
      declaring = { declarer, declared }
      return messages.map((message) => this.#outgoing.waiting(declared.queue, message))
    })
    if (declaring === undefined || settled.every(({ status }) => status !== 'ok')) return settled
    const { declarer, declared } = declaring
    // What was confirmed before half of its queue's life is over comes before the other half is.
    if (performance.now() - declared.since < declared.delayMs / 2) return settled
    const error = await this.#prolong(declarer, first, declared)
    return error === undefined ? settled : settled.map((each) => (each.status === 'ok' ? doubtful(error) : each))
  }

  /** The delay is what is left when it is declared, not when it was asked for: others may be declared before. */
  #declareFor(declarer: Declarer, message: OutgoingMessage): Promise<Declared | undefined> {
    return declarer.run('the declaration of a delay queue', async (channel) => {
      const delayMs = wholeMs(message.deliverAt as Date) - Date.now()
      if (delayMs < shortestMs) return undefined
      const { queue, options } = this.#outgoing.goQueue(message, delayMs)
      const since = performance.now()
      await channel.assertQueue(queue, options)
      return { queue, delayMs, since }
    })
  }

  /** Declaring a queue once more gives it a new life, of twice the delay. Answers why that was in vain. */
  async #prolong(declarer: Declarer, message: OutgoingMessage, declared: Declared): Promise<Error | undefined> {
    const { queue, delayMs, since } = declared
    const { options } = this.#outgoing.goQueue(message, delayMs)
    try {
      await declarer.run(`the declaration of queue ${queue}`, (channel) => channel.assertQueue(queue, options))
    } catch (error) {
      return tooSlow(declared, error)
    }
    // Later than that it may have been another queue of this name: the first one is gone, and the messages with it.
    return performance.now() - since < delayMs * 2 ? undefined : tooSlow(declared)
  }
}

/** Messages that share a queue, if they take one of Go's. */
function groupOf({ deliverAt, routingKey }: OutgoingMessage, now: number): string {
  const dueAt = deliverAt === undefined ? 0 : wholeMs(deliverAt)
  return dueAt - now < shortestMs ? '' : `${dueAt} ${routingKey}`
}

function doubtful(error: Error): Settled {
  return { status: 'indeterminate', error }
}

function tooSlow({ queue, delayMs }: Declared, cause?: unknown): Error {
  return new Error(
    `RabbitMQ stored the message in queue ${JSON.stringify(queue)}, but so slowly that the queue, which goes ${2 * delayMs} ms after its declaration, may go before the message is due. It may never come: send it again, or use delays: 'ladder'.`,
    { cause },
  )
}
