import { randomUUID } from 'node:crypto'
import {
  encodeTaskState,
  type FinishedMember,
  type GroupRecord,
  type TaskState,
  type TaskStateName,
} from '@machinery/core/adapter'
import { type Channel, type ChannelModel, connect } from 'amqplib'

/** What Go's backend does, by a plain client: it declares, publishes and reads on connections of its own. */
export class GoBackend {
  readonly #model: ChannelModel
  readonly #expiresInMs: number

  static async open(url: string, expiresInMs = 3_600_000): Promise<GoBackend> {
    const model = await connect(url)
    model.on('error', () => {})
    return new GoBackend(model, expiresInMs)
  }

  private constructor(model: ChannelModel, expiresInMs: number) {
    this.#model = model
    this.#expiresInMs = expiresInMs
  }

  async on<T>(use: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await this.#model.createChannel()
    channel.on('error', () => {})
    try {
      return await use(channel)
    } finally {
      await channel.close().catch(() => {})
    }
  }

  /** Rejects where the queue exists with other flags or arguments. */
  declare(queue: string): Promise<unknown> {
    return this.on(async (channel) => {
      await channel.assertExchange('machinery_exchange', 'direct', { durable: true })
      await channel.assertQueue(queue, {
        durable: false,
        autoDelete: true,
        arguments: { 'x-message-ttl': this.#expiresInMs, 'x-expires': this.#expiresInMs },
      })
      await channel.bindQueue(queue, 'machinery_exchange', queue)
    })
  }

  async publish(queue: string, state: TaskState): Promise<void> {
    await this.declare(queue)
    await this.on(async (channel) => {
      const body = Buffer.from(encodeTaskState(state))
      channel.publish('machinery_exchange', queue, body, { contentType: 'application/json', persistent: true })
    })
  }

  /** `GetState`: the oldest message, which is gone then. */
  async read(queue: string): Promise<string | undefined> {
    await this.declare(queue)
    return this.on(async (channel) => {
      const message = await channel.get(queue)
      if (message === false) return undefined
      channel.ack(message)
      return JSON.parse(message.content.toString()).State
    })
  }

  /** `GroupCompleted` and `TriggerChord`: passive declarations. Undefined where the queue does not exist. */
  async count(queue: string): Promise<number | undefined> {
    return this.on((channel) => channel.checkQueue(queue)).then(
      ({ messageCount }) => messageCount,
      () => undefined,
    )
  }

  close(): Promise<void> {
    return this.#model.close()
  }
}

export function stateOf(taskUuid: string, state: TaskStateName, value = 2): TaskState {
  const results = state === 'SUCCESS' ? [{ type: 'int64', value }] : null
  const error = state === 'FAILURE' ? 'boom' : ''
  return { taskUuid, taskName: 'add', state, results, error, createdAt: '2030-01-02T03:04:05.678Z' }
}

export function newTask(): string {
  return `task_${randomUUID()}`
}

export function newGroup(count: number): GroupRecord {
  const taskUuids = Array.from({ length: count }, newTask)
  return { groupUuid: `group_${randomUUID()}`, taskUuids, chordTriggered: false, createdAt: '2030-01-02T03:04:05.678Z' }
}

export function memberOf({ groupUuid, taskUuids }: GroupRecord, taskUuid: string): FinishedMember {
  return { groupUuid, taskUuid, taskCount: taskUuids.length, expiresInMs: 3_600_000 }
}
