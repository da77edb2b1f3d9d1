import { InvalidArgumentError } from '@machinery/core'
import type { Channel } from 'amqplib'
import type { LiveConnection } from './live-connection.js'

/**
 * Carries out calls on a channel of its own, one after another: a call that the server refuses costs that channel,
 * and must not take others, or messages that wait for their confirmation, with it. Remembers what was declared on this
 * connection.
 */
export class Declarer {
  readonly #live: LiveConnection
  readonly #declared = new Map<string, number>()
  readonly #declaring = new Map<string, Promise<void>>()
  #channel: Channel | undefined
  #tail: Promise<unknown> = Promise.resolve()

  constructor(live: LiveConnection) {
    this.#live = live
  }

  /** Runs `use` when the calls before it have ended. Rejects with what the server said. */
  run<T>(what: string, use: (channel: Channel) => Promise<T>): Promise<T> {
    const turn = this.#tail.then(() => this.#run(what, use))
    this.#tail = turn.catch(() => {})
    return turn
  }

  /**
   * Declares something once per connection: `undefined` where that is done already.
   * @param declare makes its calls by `run`
   * @param forMs how long it is known to last, in milliseconds
   */
  once(
    key: string,
    declare: () => Promise<unknown>,
    forMs: number = Number.POSITIVE_INFINITY,
  ): Promise<void> | undefined {
    if ((this.#declared.get(key) ?? 0) > performance.now()) return undefined
    let declaring = this.#declaring.get(key)
    if (declaring === undefined) {
      const since = performance.now()
      declaring = declare()
        .then(() => this.#remember(key, since + forMs))
        .finally(() => this.#declaring.delete(key))
      this.#declaring.set(key, declaring)
    }
    return declaring
  }

  /** How many messages are ready in a queue; `undefined` where there is no such queue. */
  async count(queue: string): Promise<number | undefined> {
    try {
      return (await this.run(`the count of queue ${queue}`, (channel) => channel.checkQueue(queue))).messageCount
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Declares it again next time: it turned out to be gone. */
  forget(key: string): void {
    this.#declared.delete(key)
  }

  #remember(key: string, until: number): void {
    this.#declared.delete(key)
    this.#declared.set(key, until)
    if (this.#declared.size > mostRemembered) this.#declared.delete(this.#declared.keys().next().value as string)
  }

  async #run<T>(what: string, use: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = this.#channel ?? (await this.#open())
    try {
      return await this.#live.within(use(channel), what)
    } catch (error) {
      if (typeof codeOf(error) !== 'number' && !(error instanceof InvalidArgumentError)) this.#replace(channel)
      // When the server closes the connection, what waits for an answer hears only that there will be none.
      throw this.#live.isOpen ? error : (this.#live.error ?? error)
    }
  }

  /** A call that failed without the server's word may leave its channel waiting for an answer that never comes. */
  #replace(channel: Channel): void {
    if (this.#channel !== channel) return
    this.#channel = undefined
    void this.#live.closeChannel(channel)
  }

  async #open(): Promise<Channel> {
    const channel = await this.#live.openChannel()
    channel.once('close', () => {
      if (this.#channel === channel) this.#channel = undefined
    })
    this.#channel = channel
    return channel
  }
}

const mostRemembered = 20_000

/** Whether the server said that a queue or exchange does not exist. */
export function isNotFound(error: unknown): boolean {
  return codeOf(error) === 404
}

/** Whether the server said that a queue or exchange exists with other settings. */
export function isMismatch(error: unknown): boolean {
  return codeOf(error) === 406
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
