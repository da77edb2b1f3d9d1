import { withDeadline } from '@machinery/core/adapter'
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib'
import { AmqpUnavailableError } from './amqp-unavailable-error.js'
import { refuseLongNames } from './names.js'
import { destroySocket, isBlockedNow, socketOf } from './socket.js'
import { tolerateUnreadableHeaders } from './unreadable-headers.js'

/** How long a goodbye may take before the socket is destroyed, in milliseconds. */
const goodbyeMs = 1_000
/** How long the end of a channel may take before the connection is given up, in milliseconds. */
const channelGoodbyeMs = 3_000

/** One connection from its opening to its end. Nothing on it survives it: channels, declarations, handles. */
export class LiveConnection {
  readonly model: ChannelModel
  readonly description: string
  readonly callTimeoutMs: number
  readonly #isOurs: boolean
  readonly #endListeners = new Set<() => void>()
  readonly #unblockListeners = new Set<() => void>()
  readonly #channels = new Set<Channel>()
  #isBlocked: boolean
  #end: { readonly error: Error } | undefined
  #lastError: Error | undefined
  #closing: Promise<void> | undefined

  constructor(model: ChannelModel, parts: { description: string; callTimeoutMs: number; isOurs: boolean }) {
    this.model = model
    this.description = parts.description
    this.callTimeoutMs = parts.callTimeoutMs
    this.#isOurs = parts.isOurs
    this.#isBlocked = isBlockedNow(model)
    tolerateUnreadableHeaders(model)
    // Without a listener an 'error' would end the process.
    model.on('error', this.#onError)
    model.on('close', this.#onClose)
    model.on('blocked', this.#onBlocked)
    model.on('unblocked', this.#onUnblocked)
  }

  get isOpen(): boolean {
    return this.#end === undefined
  }

  /** Whether the server takes no messages at present: it is short of memory or disk. It still delivers. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** Why it ended, or what went wrong last. */
  get error(): Error | undefined {
    return this.#end?.error ?? this.#lastError
  }

  openChannel(): Promise<Channel> {
    return this.#open(this.model.createChannel())
  }

  openConfirmChannel(): Promise<ConfirmChannel> {
    return this.#open(this.model.createConfirmChannel())
  }

  /**
   * Ends a channel; the server then gives back what it delivered there. Where it does not say so in time the connection
   * is given up, to the same effect. Never rejects.
   * @param consumerTags who reads on it. Where they are named, all is given back before: quorum queues of RabbitMQ 4.3 and
   *   later count as a failed delivery what comes back with the end of its channel
   */
  async closeChannel(channel: Channel, consumerTags?: readonly string[]): Promise<void> {
    // When the connection breaks meanwhile, amqplib tells by the event only.
    const gone = new Promise<void>((resolve) => channel.once('close', resolve))
    const closing = Promise.race([gone, consumerTags ? giveBackAndClose(channel, consumerTags) : channel.close()])
    const timeoutMs = Math.min(channelGoodbyeMs, this.callTimeoutMs)
    if (this.isOpen) await this.within(closing, 'the closing of a channel', timeoutMs).catch(() => {})
    else closing.catch(() => {})
  }

  /** The outcome of `call`, within the deadline for answers; a link that does not answer is given up: see `discard`. */
  within<T>(call: Promise<T>, what: string, timeoutMs: number = this.callTimeoutMs): Promise<T> {
    return withDeadline(call, timeoutMs, () => {
      const error = new AmqpUnavailableError(
        `RabbitMQ at ${this.description} did not answer ${what} within ${Math.round(timeoutMs)} ms.`,
      )
      // A blocked connection is not read by the server, which says nothing about the link.
      if (!this.#isBlocked) this.discard(error)
      return error
    })
  }

  /** Calls `listener` once, when the connection has ended. Returns the function that prevents it. */
  onEnd(listener: () => void): () => void {
    if (this.#end !== undefined) {
      listener()
      return () => {}
    }
    this.#endListeners.add(listener)
    return () => this.#endListeners.delete(listener)
  }

  /** Resolves when messages are welcome again, or the connection has ended. */
  untilUnblocked(): Promise<void> {
    if (!this.#isBlocked || this.#end !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const settle = (): void => {
        cancel()
        this.#unblockListeners.delete(settle)
        resolve()
      }
      this.#unblockListeners.add(settle)
      const cancel = this.onEnd(settle)
    })
  }

  /**
   * Gives the connection up at once, because of `error`: the next use makes another. One that was passed in is left as it
   * is, since there is no other: its owner, or its heartbeat, tells when it is dead.
   */
  discard(error: Error): void {
    if (this.#end !== undefined || !this.#isOurs) return
    this.#lastError = error
    destroySocket(this.model, error)
    this.#finish(error)
  }

  /** Says goodbye to the server and ends it, within a second or so. Of one that was passed in, only its own channels end. */
  close(): Promise<void> {
    this.#closing ??= this.#isOurs ? this.#close() : this.#leave()
    return this.#closing
  }

  async #leave(): Promise<void> {
    const closing = Promise.all([...this.#channels].map((channel) => this.closeChannel(channel)))
    await withDeadline(closing, goodbyeMs, () => new Error('late')).catch(() => {})
    this.#finish(this.#closed())
  }

  async #close(): Promise<void> {
    const socket = socketOf(this.model)
    const gone = new Promise<void>((resolve) => {
      if (socket === undefined || socket.destroyed) resolve()
      else socket.once('close', () => resolve())
    })
    if (this.#end === undefined) {
      await withDeadline(this.model.close(), goodbyeMs, () => new Error('late')).catch(() => {})
      this.#finish(this.#closed())
    }
    await withDeadline(gone, goodbyeMs, () => new Error('late')).catch(() => {})
    destroySocket(this.model, this.#closed())
  }

  async #open<C extends Channel>(opening: Promise<C>): Promise<C> {
    // A channel that opens late has no owner.
    let isLate = false
    opening
      .then((channel) => {
        channel.on('error', () => {})
        return isLate || this.#closing !== undefined ? channel.close() : undefined
      })
      .catch(() => {})
    try {
      const channel = await this.within(opening, 'the opening of a channel')
      if (this.#closing !== undefined) throw this.#closed()
      this.#channels.add(channel)
      channel.once('close', () => this.#channels.delete(channel))
      return refuseLongNames(channel)
    } catch (error) {
      isLate = true
      throw error
    }
  }

  #closed(): Error {
    return new AmqpUnavailableError(`The connection to RabbitMQ at ${this.description} was closed.`)
  }

  readonly #onError = (error: Error): void => {
    this.#lastError = error
  }

  readonly #onClose = (error?: Error): void => {
    const cause = error ?? this.#lastError
    const why = cause === undefined ? '' : `: ${cause.message}`
    this.#finish(new AmqpUnavailableError(`The connection to RabbitMQ at ${this.description} ended${why}.`, { cause }))
  }

  readonly #onBlocked = (): void => {
    this.#isBlocked = true
  }

  readonly #onUnblocked = (): void => {
    this.#isBlocked = false
    for (const listener of [...this.#unblockListeners]) listener()
  }

  #finish(error: Error): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    if (!this.#isOurs) {
      this.model.off('close', this.#onClose)
      this.model.off('blocked', this.#onBlocked)
      this.model.off('unblocked', this.#onUnblocked)
      this.model.off('error', this.#onError)
    }
    for (const listener of [...this.#endListeners]) listener()
    this.#endListeners.clear()
  }
}

async function giveBackAndClose(channel: Channel, consumerTags: readonly string[]): Promise<void> {
  // Otherwise they would be handed it again.
  await Promise.all(consumerTags.map((tag) => channel.cancel(tag)))
  channel.nackAll(true)
  await channel.close()
}
