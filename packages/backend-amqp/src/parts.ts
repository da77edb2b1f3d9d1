import { type AmqpConnection, type ConfirmPublisher, Declarers, type LiveConnection } from '@machinery/amqp-connection'

/** Calls at the same time: enough to hide the way to the server and back, few enough to open quickly. */
const channels = 4

/** What the parts of the backend share. */
export class Parts {
  readonly publisher: ConfirmPublisher
  /** The life of states and groups, in milliseconds. */
  readonly expiresInMs: number
  readonly #publishing: AmqpConnection
  /** Another one: a server that is short of memory does not serve those who publish, their reads neither. */
  readonly #reading: AmqpConnection
  readonly #calls = new WeakMap<LiveConnection, Declarers>()

  constructor(parts: { publishing: AmqpConnection; publisher: ConfirmPublisher; expiresInMs: number }) {
    this.#publishing = parts.publishing
    this.#reading = parts.publishing.another()
    this.publisher = parts.publisher
    this.expiresInMs = parts.expiresInMs
  }

  /** The connection for everything but publishing. */
  live(): Promise<LiveConnection> {
    return this.#reading.ready()
  }

  async calls(): Promise<Declarers> {
    return this.callsOn(await this.live())
  }

  callsOn(live: LiveConnection): Declarers {
    let calls = this.#calls.get(live)
    if (calls === undefined) {
      calls = new Declarers(live, channels)
      this.#calls.set(live, calls)
    }
    return calls
  }

  async exists(queue: string): Promise<boolean> {
    const calls = await this.calls()
    return (await calls.of(queue).count(queue)) !== undefined
  }

  /** The queue is gone: it is declared again before the next message. */
  forgetDeclared(queue: string): void {
    const { live } = this.#publishing
    if (live !== undefined) this.callsOn(live).of(queue).forget(queue)
  }

  /** Deletes queues, with what is in them. Unknown ones are no error. */
  async delete(queues: readonly string[]): Promise<void> {
    const calls = await this.calls()
    await Promise.all(
      queues.map((queue) => {
        this.forgetDeclared(queue)
        return calls.run(queue, `the deletion of queue ${queue}`, (channel) => channel.deleteQueue(queue))
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all([this.#publishing.close(), this.#reading.close()])
  }
}
