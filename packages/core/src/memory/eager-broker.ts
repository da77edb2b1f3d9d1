import {
  type Broker,
  type BrokerCapabilities,
  ClosedError,
  type Consumer,
  type OutgoingMessage,
  type Settled,
  settledOk,
} from '../adapter/index.js'

/** Runs one message to its end. Rejects where it could not be processed. */
export type EagerProcessor = (message: { readonly body: Uint8Array; readonly routingKey: string }) => Promise<void>

/**
 * Machinery's eager mode: `publish` runs each message at once, in this process and one after the other, and settles
 * when that has ended. An error becomes the message's `rejected`. Times and priorities are accepted and mean nothing.
 */
export class EagerBroker implements Broker {
  readonly name = 'eager'
  readonly capabilities: BrokerCapabilities = {
    maxDelayMs: Number.POSITIVE_INFINITY,
    maxPriority: 255,
    maxBodyBytes: Number.POSITIVE_INFINITY,
    redelivery: 'never',
    inline: true,
  }
  #process: EagerProcessor | undefined
  readonly #consumers = new Set<EagerConsumer>()
  #isClosed = false

  /** Sets who runs the messages. */
  assignProcessor(process: EagerProcessor): void {
    this.#process = process
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]> {
    const answers: Settled[] = []
    for (const message of messages) answers.push(await this.#run(message))
    return answers
  }

  async consume(): Promise<Consumer> {
    if (this.#isClosed) throw new ClosedError('The eager broker')
    const consumer = new EagerConsumer()
    this.#consumers.add(consumer)
    return consumer
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    this.#consumers.clear()
  }

  async #run({ body, routingKey }: OutgoingMessage): Promise<Settled> {
    if (this.#isClosed) return { status: 'rejected', error: new ClosedError('The eager broker') }
    if (this.#process === undefined) {
      const error = new Error('Nobody runs the messages of this eager broker. Call assignProcessor() before sending.')
      return { status: 'rejected', error }
    }
    try {
      await this.#process({ body, routingKey })
      return settledOk
    } catch (error) {
      return { status: 'rejected', error }
    }
  }
}

/** Never receives anything, since `publish` has run it already. */
class EagerConsumer implements Consumer {
  readonly #closing = new AbortController()

  receive(_max: number, signal: AbortSignal): Promise<readonly []> {
    if (this.#closing.signal.aborted) return Promise.reject(new ClosedError('The consumer'))
    const either = AbortSignal.any([signal, this.#closing.signal])
    return new Promise((resolve) => {
      if (either.aborted) resolve([])
      else either.addEventListener('abort', () => resolve([]), { once: true })
    })
  }

  ack = refuse
  nack = refuse
  reject = refuse

  async close(): Promise<void> {
    this.#closing.abort()
  }
}

async function refuse(deliveries: readonly unknown[]): Promise<readonly Settled[]> {
  return deliveries.map(() => ({ status: 'rejected', error: new Error('An eager broker hands out no deliveries.') }))
}
