import { isNotFound, type LiveConnection } from '@machinery/amqp-connection'
import { isTerminal, type TaskState } from '@machinery/core/adapter'
import type { Channel } from 'amqplib'
import { writeToQueues } from './go-queue-writes.js'
import type { Parts } from './parts.js'
import { assertPublished } from './published.js'
import { queueNames } from './queue-names.js'
import { decodeState } from './state-queues.js'

/**
 * The terminal states of a group's members, the first of each, in the order in which they came. They stay in their queue.
 *
 * Whoever looks holds the messages meanwhile, so that another finds fewer than there are. So that nobody is missed, one who
 * did not see enough puts them back and counts again: of several, the last to do so sees all.
 */
export class GroupMembers {
  readonly #parts: Parts
  readonly #looking = new Map<string, Promise<unknown>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** How many messages are ready, members that came twice included; undefined where there is no such queue. */
  async count(groupUuid: string): Promise<number | undefined> {
    const queue = queueNames.members(groupUuid)
    return (await this.#parts.calls()).of(queue).count(queue)
  }

  /** All there are, or `enough` at least. One look of this process at a time. */
  read(groupUuid: string, enough: number): Promise<ReadonlyMap<string, TaskState>> {
    const before = this.#looking.get(groupUuid) ?? Promise.resolve()
    const looking = before.then(() => this.#read(groupUuid, enough))
    const settled = looking.catch(() => {})
    this.#looking.set(groupUuid, settled)
    void settled.then(() => {
      if (this.#looking.get(groupUuid) === settled) this.#looking.delete(groupUuid)
    })
    return looking
  }

  async #read(groupUuid: string, enough: number): Promise<ReadonlyMap<string, TaskState>> {
    for (;;) {
      const states = await this.#look(groupUuid, enough)
      if (states.size >= enough || ((await this.count(groupUuid)) ?? 0) <= states.size) return states
    }
  }

  async #look(groupUuid: string, enough: number): Promise<ReadonlyMap<string, TaskState>> {
    const queue = queueNames.members(groupUuid)
    const live = await this.#parts.live()
    const channel = await live.openChannel()
    try {
      const states = await takeAll(live, channel, queue)
      if (states.size > 0 && states.size < enough) {
        // RabbitMQ tells when it has a new message, but not when it has given one back: that may be after the next count.
        const writes = [...states.values()].map((state) => ({ queue, state, expiresInMs: this.#parts.expiresInMs }))
        assertPublished(await writeToQueues(this.#parts, writes))
        channel.ackAll()
      }
      return states
    } catch (error) {
      if (isNotFound(error)) return new Map()
      throw error
    } finally {
      // Gives back what is not acknowledged.
      await live.closeChannel(channel)
    }
  }
}

async function takeAll(live: LiveConnection, channel: Channel, queue: string): Promise<Map<string, TaskState>> {
  const states = new Map<string, TaskState>()
  for (;;) {
    const message = await live.within(channel.get(queue), `a look into queue ${queue}`)
    if (message === false) return states
    const state = decodeState(message)
    // A task that ran twice: the first result counts, and Go counts messages.
    if (state === undefined || !isTerminal(state.state) || states.has(state.taskUuid)) channel.ack(message)
    else states.set(state.taskUuid, state)
    if (message.fields.messageCount === 0) return states
  }
}
