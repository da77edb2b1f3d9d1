import { type AmqpConnection, type ConfirmPublisher, Declarers, type LiveConnection } from '@machinery/amqp-connection'

/** Calls at the same time: enough to hide the way to the server and back, few enough to open quickly. */
const channels = 4

/** What the parts of the backend share. */
export class Parts {
  readonly connection: AmqpConnection
  readonly publisher: ConfirmPublisher
  /** The life of states and groups, in milliseconds. */
  readonly expiresInMs: number
  readonly #declarers = new WeakMap<LiveConnection, Declarers>()

  constructor(parts: { connection: AmqpConnection; publisher: ConfirmPublisher; expiresInMs: number }) {
    this.connection = parts.connection
    this.publisher = parts.publisher
    this.expiresInMs = parts.expiresInMs
  }

  async calls(): Promise<Declarers> {
    return this.callsOn(await this.connection.ready())
  }

  callsOn(live: LiveConnection): Declarers {
    let calls = this.#declarers.get(live)
    if (calls === undefined) {
      calls = new Declarers(live, channels)
      this.#declarers.set(live, calls)
    }
    return calls
  }

  async exists(queue: string): Promise<boolean> {
    const calls = await this.calls()
    return (await calls.of(queue).count(queue)) !== undefined
  }

  /** Deletes queues, with what is in them. Unknown ones are no error. */
  async delete(queues: readonly string[]): Promise<void> {
    const calls = await this.calls()
    await Promise.all(
      queues.map((queue) => {
        calls.of(queue).forget(queue)
        return calls.run(queue, `the deletion of queue ${queue}`, (channel) => channel.deleteQueue(queue))
      }),
    )
  }
}
