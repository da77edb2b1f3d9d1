import type { Backend, Broker, ConsumeOptions, Consumer, Delivery, OutgoingMessage, StateWrite } from '@machinery/core'
import type { LedgerWriter } from '../ledger.js'

/** A step of the protocol at which a fault can happen. */
export type FailpointName =
  /** Messages were taken. */
  | 'fetched'
  /** The states of taken messages were read: the worker knows what they are. */
  | 'received'
  | 'started'
  | 'before-handler'
  | 'after-handler'
  /** SUCCESS or FAILURE is stored. */
  | 'terminal'
  /** PENDING of something to send is stored. */
  | 'pending'
  /** Messages are on their way to the broker, whose answer is not there. */
  | 'publishing'
  | 'published'
  /** A member is noted in its group. */
  | 'member-noted'
  | 'chord-claimed'
  /** The callback of a claimed chord is with the broker. */
  | 'chord-published'
  | 'chord-marked'
  | 'acked'

export interface Failpoint {
  readonly at: FailpointName
  readonly action: 'kill' | 'stop' | 'throw' | 'delay'
  /** The how many-th time it is reached. @default 1 */
  readonly hit?: number
  /** For `delay`, in milliseconds. */
  readonly ms?: number
}

/** Lets faults happen at the steps of the protocol, from outside of the product: around its adapters and handlers. */
export class Failpoints {
  readonly #failpoints: readonly Failpoint[]
  readonly #ledger: LedgerWriter
  readonly #hits = new Map<FailpointName, number>()
  #claims = 0

  constructor(failpoints: readonly Failpoint[], ledger: LedgerWriter) {
    this.#failpoints = failpoints
    this.#ledger = ledger
  }

  /** To be awaited at the step. */
  async at(name: FailpointName): Promise<void> {
    const hits = (this.#hits.get(name) ?? 0) + 1
    this.#hits.set(name, hits)
    for (const failpoint of this.#failpoints) {
      if (failpoint.at !== name || (failpoint.hit ?? 1) !== hits) continue
      this.#ledger.write({ event: 'fault', uuid: '', task: '', attempt: 0, note: name })
      await act(failpoint)
    }
  }

  broker(inner: Broker, onConsuming: () => void): Broker {
    return overriding(inner, {
      publish: async (messages: readonly OutgoingMessage[]) => {
        const publishing = inner.publish(messages)
        // The bytes leave with the turns of the event loop that follow.
        await Promise.race([publishing, turns(2)])
        await this.at('publishing')
        const answers = await publishing
        await this.at('published')
        if (this.#claims > 0) await this.at('chord-published')
        return answers
      },
      consume: async (options: ConsumeOptions) => {
        const consumer = this.#consumer(await inner.consume(options))
        onConsuming()
        return consumer
      },
    })
  }

  backend(inner: Backend): Backend {
    return overriding(inner, {
      saveStates: async (writes: readonly StateWrite[]) => {
        const answers = await inner.saveStates(writes)
        const names = new Set(writes.map(({ state }) => state.state))
        if (names.has('PENDING')) await this.at('pending')
        if (names.has('STARTED')) await this.at('started')
        if (names.has('SUCCESS') || names.has('FAILURE')) await this.at('terminal')
        return answers
      },
      readStates: async (uuids: readonly string[]) => {
        const states = await inner.readStates(uuids)
        await this.at('received')
        return states
      },
      finishMembers: async (members: Parameters<Backend['finishMembers']>[0]) => {
        const answers = await inner.finishMembers(members)
        await this.at('member-noted')
        return answers
      },
      claimChord: async (...args: Parameters<Backend['claimChord']>) => {
        const claim = await inner.claimChord(...args)
        if (claim === 'claimed') {
          this.#claims++
          await this.at('chord-claimed')
        }
        return claim
      },
      markChordSent: async (groupUuid: string) => {
        await inner.markChordSent(groupUuid)
        this.#claims--
        await this.at('chord-marked')
      },
    })
  }

  #consumer(inner: Consumer): Consumer {
    return overriding(inner, {
      receive: async (max: number, signal: AbortSignal) => {
        const deliveries = await inner.receive(max, signal)
        if (deliveries.length > 0) await this.at('fetched')
        return deliveries
      },
      ack: async (deliveries: readonly Delivery[]) => {
        const answers = await inner.ack(deliveries)
        await this.at('acked')
        return answers
      },
    })
  }
}

async function act({ action, ms = 1_000 }: Failpoint): Promise<void> {
  switch (action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL')
      // Not one statement more may run.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      break
    case 'stop':
      process.kill(process.pid, 'SIGSTOP')
      break
    case 'throw':
      throw new Error('thrown by a failpoint')
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

function turns(count: number): Promise<void> {
  return count === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))))
}

/** `inner` with other methods in the place of some. All that it has beyond its contract stays visible. */
function overriding<T extends object>(inner: T, methods: Partial<T>): T {
  return new Proxy(inner, {
    get: (target, key) => {
      if (key in methods) return methods[key as keyof T]
      // On the object itself, or private fields could not be read.
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
