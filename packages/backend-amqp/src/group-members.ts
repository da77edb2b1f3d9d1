import { isNotFound, type LiveConnection } from '@machinery/amqp-connection'
import { isTerminal, type TaskState } from '@machinery/core/adapter'
import type { Parts } from './parts.js'
import { queueNames } from './queue-names.js'
import { decodeState } from './state-queues.js'

/**
 * The terminal states of a group's members, the first of each, in the order in which they came. They stay in their queue.
 *
 * Whoever looks holds the messages meanwhile, so that another finds fewer than there are. Nobody is missed, since each one
 * counts again after giving back: of several, the last to give back sees all.
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

  /** One look of this process at a time. */
  read(groupUuid: string): Promise<ReadonlyMap<string, TaskState>> {
    const before = this.#looking.get(groupUuid) ?? Promise.resolve()
    const looking = before.then(() => this.#read(groupUuid))
    const settled = looking.catch(() => {})
    this.#looking.set(groupUuid, settled)
    void settled.then(() => {
      if (this.#looking.get(groupUuid) === settled) this.#looking.delete(groupUuid)
    })
    return looking
  }

  async #read(groupUuid: string): Promise<ReadonlyMap<string, TaskState>> {
    const live = await this.#parts.live()
    for (;;) {
      const states = await look(live, queueNames.members(groupUuid))
      if (((await this.count(groupUuid)) ?? 0) <= states.size) return states
    }
  }
}

async function look(live: LiveConnection, queue: string): Promise<ReadonlyMap<string, TaskState>> {
  const states = new Map<string, TaskState>()
  const channel = await live.openChannel()
  try {
    for (;;) {
      const message = await live.within(channel.get(queue), `a look into queue ${queue}`)
      if (message === false) break
      const state = decodeState(message)
      // A task that ran twice: the first result counts, and Go counts messages.
      if (state === undefined || !isTerminal(state.state) || states.has(state.taskUuid)) channel.ack(message)
      else states.set(state.taskUuid, state)
      if (message.fields.messageCount === 0) break
    }
  } catch (error) {
    if (!isNotFound(error)) throw error
  } finally {
    // Gives back what is not acknowledged. Not by nack: RabbitMQ counts ahead of nacks that came before, not of this.
    await live.closeChannel(channel)
  }
  return states
}
