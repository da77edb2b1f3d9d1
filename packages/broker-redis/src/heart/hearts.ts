import type { RedisConnection, RedisConnectionOptions } from '@machinery/redis-connection'
import { Beater } from './beater.js'
import { HeartThread, keepTicking, lastTick } from './heart-thread.js'
import type { HeartSettings } from './protocol.js'

/** A consumer's sign of life, given until it is stopped. */
export interface Heart {
  /** How old the last sign of life is that the server took, in milliseconds. */
  readonly ageMs: number
  stop(): void
}

export interface HeartsOptions {
  readonly leaseMs: number
  readonly maxBlockedMs: number
}

/** The hearts of one broker's consumers: in the thread for them, or in this one where the thread cannot connect or run. */
export class Hearts {
  readonly #options: HeartsOptions
  readonly #connectionOptions: RedisConnectionOptions
  readonly #connection: RedisConnection
  readonly #beating = new Map<string, HeartSettings>()
  #thread: { readonly thread: HeartThread; readonly broker: number } | undefined
  #beater: Beater | undefined
  #ticking: NodeJS.Timeout | undefined

  constructor(options: HeartsOptions, connectionOptions: RedisConnectionOptions, connection: RedisConnection) {
    this.#options = options
    this.#connectionOptions = connectionOptions
    this.#connection = connection
  }

  /** @param bornAt when the first sign of life was sent, which the caller gave (process.hrtime, ns) */
  start(key: string, bornAt: bigint): Heart {
    const { leaseMs, maxBlockedMs } = this.#options
    const lastBeat = new SharedArrayBuffer(8)
    const times = new BigInt64Array(lastBeat)
    Atomics.store(times, 0, bornAt)
    const settings: HeartSettings = { key, leaseMs, maxBlockedMs, lastBeat }
    if (this.#beating.size === 0) this.#open()
    this.#beating.set(key, settings)
    this.#startOne(settings)
    return {
      get ageMs() {
        return Number(process.hrtime.bigint() - Atomics.load(times, 0)) / 1e6
      },
      stop: () => this.#stop(key),
    }
  }

  /** Ends all of them, and waits for the thread where nobody else needs it. */
  async close(): Promise<void> {
    this.#beating.clear()
    await this.#end()
  }

  #open(): void {
    if (this.#connectionOptions.client !== undefined) {
      // It is an object of this thread.
      this.#openHere()
      return
    }
    try {
      const thread = HeartThread.get()
      const broker = thread.join(() => this.#moveHere())
      this.#thread = { thread, broker }
      const { leaseMs } = this.#options
      // A dead link must show in time for another beat before the lease ends.
      const connection = { ...this.#connectionOptions, commandTimeoutMs: leaseMs * 0.4, connectTimeoutMs: leaseMs }
      thread.post({ type: 'open', broker, connection })
    } catch {
      // Options such as functions cannot be handed to a thread.
      void this.#end()
      this.#openHere()
    }
  }

  #openHere(): void {
    this.#ticking ??= keepTicking()
    this.#beater = new Beater(this.#connection.duplicate({ commandTimeoutMs: this.#options.leaseMs * 0.4 }))
  }

  #moveHere(): void {
    this.#thread = undefined
    if (this.#beating.size === 0) return
    this.#openHere()
    for (const settings of this.#beating.values()) this.#startOne(settings)
  }

  #startOne(heart: HeartSettings): void {
    if (this.#thread === undefined) this.#beater?.start(heart, lastTick)
    else this.#thread.thread.post({ type: 'start', broker: this.#thread.broker, heart })
  }

  #stop(key: string): void {
    if (!this.#beating.delete(key)) return
    if (this.#thread === undefined) this.#beater?.stop(key)
    else this.#thread.thread.post({ type: 'stop', broker: this.#thread.broker, key })
    if (this.#beating.size === 0) void this.#end()
  }

  async #end(): Promise<void> {
    const [thread, beater] = [this.#thread, this.#beater]
    this.#thread = undefined
    this.#beater = undefined
    clearInterval(this.#ticking)
    this.#ticking = undefined
    await Promise.all([thread?.thread.leave(thread.broker), beater?.close()])
  }
}
