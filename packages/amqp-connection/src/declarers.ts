import type { Channel } from 'amqplib'
import { Declarer } from './declarer.js'
import type { LiveConnection } from './live-connection.js'

/** Several channels for calls on many queues: AMQP has one call under way on each. Calls on one queue stay in order. */
export class Declarers {
  readonly #all: readonly Declarer[]

  constructor(live: LiveConnection, channels: number) {
    this.#all = Array.from({ length: channels }, () => new Declarer(live))
  }

  /** The one for calls on a queue. */
  of(queue: string): Declarer {
    let hash = 0
    for (let index = 0; index < queue.length; index++) hash = (hash * 31 + queue.charCodeAt(index)) | 0
    return this.#all[Math.abs(hash) % this.#all.length] as Declarer
  }

  /** Runs `use` with the queue's turn: see `Declarer.run`. */
  run<T>(queue: string, what: string, use: (channel: Channel) => Promise<T>): Promise<T> {
    return this.of(queue).run(what, use)
  }
}
