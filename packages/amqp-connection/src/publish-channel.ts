import { type Settled, settledOk, systemClock } from '@machinery/core/adapter'
import type { ConfirmChannel, Message, Options } from 'amqplib'
import { AmqpUnavailableError } from './amqp-unavailable-error.js'
import { isNotFound } from './declarer.js'
import type { LiveConnection } from './live-connection.js'
import { MessageRefusedError } from './message-refused-error.js'

/** A message as AMQP sees it. */
export interface AmqpMessage {
  /** Empty: the default exchange, whose routing keys are names of queues. */
  readonly exchange: string
  readonly routingKey: string
  readonly body: Uint8Array
  readonly properties: Options.Publish
  /** The properties to use instead where AMQP cannot take those; where this is left out, the message is rejected then. */
  readonly plainProperties?: (error: unknown) => Options.Publish
  /** Called when the server says that the message reaches no queue, or that its exchange is gone: declare them again. */
  readonly onUnroutable?: () => void
}

/** A message to write, or why there is none. */
export type Prepared = AmqpMessage | Extract<Settled, { status: 'rejected' }>

/** A message that was written and is not confirmed yet. */
interface Pending {
  readonly message: AmqpMessage
  isReturned: boolean
  settle: (settled: Settled) => void
}

/** A channel in confirm mode: knows for each message whether the server took it, returned it, or never said. */
export class PublishChannel {
  readonly live: LiveConnection
  readonly #channel: ConfirmChannel
  readonly #patienceMs: number
  readonly #pending = new Set<Pending>()
  #isOpen = true
  /** Since when messages wait and none is confirmed, as `performance.now()` counts. */
  #silentSince = 0
  /** Why the server closed the channel. */
  #error: Error | undefined
  /** Whether amqplib's buffer takes more; resolves when it does again, or the channel has ended. */
  #room: Promise<void> | undefined

  /** @param patienceMs how long the server may be silent before the link counts as dead, in milliseconds */
  constructor(channel: ConfirmChannel, live: LiveConnection, patienceMs: number) {
    this.#channel = channel
    this.live = live
    this.#patienceMs = patienceMs
    channel.on('error', (error: Error) => {
      this.#error = error
    })
    channel.once('close', () => {
      this.#isOpen = false
    })
    channel.on('return', (message) => this.#returned(message))
  }

  get isOpen(): boolean {
    return this.#isOpen && this.live.isOpen
  }

  /** Writes what is there to write and waits for the server's word on each, until `end` (as `performance.now()` counts). */
  send(prepared: readonly Prepared[], end: number): Promise<readonly Settled[]> {
    return new Promise((resolve) => {
      const answers = new Array<Settled>(prepared.length)
      const written: (Pending | undefined)[] = []
      let open = prepared.length
      let isLate = false
      const settle = (index: number, settled: Settled): void => {
        if (answers[index] !== undefined) return
        answers[index] = settled
        if (--open > 0) return
        cancel()
        resolve(answers)
      }
      const cancel = systemClock.setTimer(
        () => {
          isLate = true
          this.#giveUp(written, prepared.length, settle)
        },
        Math.max(1, end - performance.now()),
      )
      if (open === 0) {
        cancel()
        resolve(answers)
        return
      }
      void this.#write(prepared, written, settle, () => isLate)
    })
  }

  async #write(
    prepared: readonly Prepared[],
    written: (Pending | undefined)[],
    settle: (index: number, settled: Settled) => void,
    isLate: () => boolean,
  ): Promise<void> {
    for (const [index, each] of prepared.entries()) {
      if ('status' in each) {
        settle(index, each)
        continue
      }
      while (this.isOpen && !isLate() && (this.#room !== undefined || this.live.isBlocked)) {
        await (this.#room ?? this.live.untilUnblocked())
      }
      if (isLate()) return
      written[index] = this.#publish(each, (settled) => settle(index, settled))
    }
  }

  #publish(message: AmqpMessage, settle: (settled: Settled) => void): Pending | undefined {
    const pending: Pending = { message, isReturned: false, settle }
    const { exchange, routingKey, body, properties } = message
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    try {
      const hasRoom = this.#channel.publish(exchange, routingKey, bytes, properties, (error: unknown) => {
        this.#pending.delete(pending)
        this.#silentSince = performance.now()
        pending.settle(this.#verdict(pending, error))
      })
      if (this.#pending.size === 0) this.#silentSince = performance.now()
      this.#pending.add(pending)
      if (!hasRoom) this.#waitForRoom()
      return pending
    } catch (error) {
      // amqplib throws before it writes anything: the channel is closed, or a property cannot be encoded.
      const { plainProperties, ...plain } = message
      if (plainProperties !== undefined && this.isOpen) {
        return this.#publish({ ...plain, properties: plainProperties(error) }, settle)
      }
      settle({ status: 'rejected', error })
      return undefined
    }
  }

  #verdict(pending: Pending, error: unknown): Settled {
    if (pending.isReturned) return { status: 'rejected', error: unroutable(pending.message) }
    if (error === null || error === undefined) return settledOk
    // The other error that amqplib knows here is the end of the channel, of which it tells us only afterwards.
    if (error instanceof Error && error.message === 'message nacked') {
      const { exchange, routingKey } = pending.message
      return {
        status: 'rejected',
        error: new MessageRefusedError(
          `RabbitMQ refused the message for ${place(exchange, routingKey)}: the queue is full or cannot store it.`,
          { cause: error },
        ),
      }
    }
    return { status: 'indeterminate', error: this.#unconfirmed(pending, error) }
  }

  /** The server closes a channel for one message, and does not say for which. */
  #unconfirmed({ message }: Pending, error: unknown): Error {
    const { description } = this.live
    if (this.#error === undefined) {
      const text = `The connection to RabbitMQ at ${description} broke before it confirmed the message.`
      return new AmqpUnavailableError(text, { cause: this.live.error ?? error })
    }
    if (isNotFound(this.#error)) message.onUnroutable?.()
    const text = `RabbitMQ at ${description} did not confirm the message: ${this.#error.message}.`
    return new AmqpUnavailableError(text, { cause: this.#error })
  }

  /** The server returns a message before it confirms it, without saying which one of several alike. Any of those will do. */
  #returned({ fields, content }: Message): void {
    for (const pending of this.#pending) {
      const { message } = pending
      const isSame =
        !pending.isReturned &&
        message.body.byteLength === content.byteLength &&
        message.routingKey === fields.routingKey &&
        message.exchange === fields.exchange &&
        content.equals(message.body)
      if (!isSame) continue
      pending.isReturned = true
      message.onUnroutable?.()
      return
    }
  }

  #waitForRoom(): void {
    this.#room ??= new Promise<void>((resolve) => {
      const settle = (): void => {
        this.#channel.off('drain', settle)
        this.#channel.off('close', settle)
        this.#room = undefined
        resolve()
      }
      this.#channel.on('drain', settle)
      this.#channel.on('close', settle)
    })
  }

  #giveUp(
    written: readonly (Pending | undefined)[],
    count: number,
    settle: (index: number, settled: Settled) => void,
  ): void {
    const { description, isBlocked } = this.live
    const error = new AmqpUnavailableError(`RabbitMQ at ${description} did not confirm the message in time.`)
    for (let index = 0; index < count; index++) {
      const status = written[index] === undefined ? 'rejected' : 'indeterminate'
      settle(index, { status, error })
    }
    // While it is blocked the server reads nothing, so that its silence says nothing about the link. Nor does it when most
    // of the time went by before there was a message to confirm: on a slow link a new connection would fare no better.
    const isSilent = performance.now() - this.#silentSince >= this.#patienceMs
    if (isSilent && !isBlocked) this.live.discard(error)
  }
}

function unroutable({ exchange, routingKey }: AmqpMessage): Error {
  return new Error(
    `RabbitMQ returned the message for ${place(exchange, routingKey)} (NO_ROUTE): no queue is bound that would get it. Start a worker on such a queue, or bind one.`,
  )
}

function place(exchange: string, routingKey: string): string {
  return exchange === ''
    ? `queue ${JSON.stringify(routingKey)}`
    : `routing key ${JSON.stringify(routingKey)} of exchange ${JSON.stringify(exchange)}`
}
