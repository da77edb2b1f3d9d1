import { type AmqpConnection, openAmqp } from '@machinery/amqp-connection'

type Channel = Awaited<ReturnType<Awaited<ReturnType<AmqpConnection['ready']>>['openChannel']>>

/** A plain client, to look at what both sides leave on RabbitMQ. */
export class RawAmqp {
  readonly #connection: AmqpConnection

  constructor(url: string) {
    this.#connection = openAmqp({ url })
  }

  /** On a channel of its own, since the server closes one on which it refused something. */
  async on<T>(use: (channel: Channel) => Promise<T>): Promise<T> {
    const live = await this.#connection.ready()
    const channel = await live.openChannel()
    try {
      return await use(channel)
    } finally {
      await live.closeChannel(channel)
    }
  }

  /** How many messages are ready; undefined where there is no such queue. */
  count(queue: string): Promise<number | undefined> {
    return this.on(async (channel) => (await channel.checkQueue(queue)).messageCount).catch(() => undefined)
  }

  /** The next message, which is gone then. */
  take(queue: string) {
    return this.on(async (channel) => {
      const message = await channel.get(queue, { noAck: true })
      return message === false ? undefined : message
    })
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}
