import { onTestFinished } from 'vitest'
import type { Backend, Broker, Consumer, Signature } from '../../src/index.js'
import { newSignature, Server, silentLogger, taskContext } from '../../src/index.js'
import { MemoryBackend, MemoryBroker } from '../../src/memory/index.js'

/** A step of the protocol, after which a worker can die. */
export type Step =
  | 'fetched'
  | 'received'
  | 'started'
  | 'before-handler'
  | 'after-handler'
  | 'terminal'
  | 'pending'
  /** The broker has the message, and its answer is not there. */
  | 'publishing'
  | 'published'
  | 'member-noted'
  | 'chord-claimed'
  | 'chord-published'
  | 'chord-marked'
  | 'acked'

/** A run of a handler, as its worker noted it. */
export interface Run {
  readonly uuid: string
  readonly name: string
  readonly args: readonly unknown[]
  readonly worker: number
  /** When it began (epoch ms). */
  readonly at: number
  hasEnded: boolean
}

const never = new Promise<never>(() => undefined)

/** From its death on, nothing of what a worker does reaches anybody, and nobody answers it: as if its process were killed. */
class Life {
  isOver = false
  claims = 0
  readonly consumers = new Set<Consumer>()
  readonly #deadlyStep: Step | undefined
  #hitsLeft: number
  readonly #onDeath: () => void

  constructor(step: Step | undefined, hit: number, onDeath: () => void) {
    this.#deadlyStep = step
    this.#hitsLeft = hit
    this.#onDeath = onDeath
  }

  async call<Answer>(carryOut: () => Promise<Answer>): Promise<Answer> {
    if (this.isOver) return never
    const answer = await carryOut()
    return this.isOver ? never : answer
  }

  async at(step: Step): Promise<void> {
    if (this.isOver) return never
    if (step !== this.#deadlyStep || --this.#hitsLeft > 0) return
    this.isOver = true
    this.#onDeath()
    // What it held comes again, as when its lease is over.
    for (const consumer of this.consumers) await consumer.close()
    return never
  }
}

class MortalBroker extends MemoryBroker {
  readonly #life: Life

  constructor(life: Life, sharedWith: MemoryBroker) {
    super({ sharedWith })
    this.#life = life
  }

  override async publish(...args: Parameters<Broker['publish']>) {
    const answers = await this.#life.call(() => super.publish(...args))
    await this.#life.at('publishing')
    await this.#life.at('published')
    if (this.#life.claims > 0) await this.#life.at('chord-published')
    return answers
  }

  override async consume(...args: Parameters<Broker['consume']>): Promise<Consumer> {
    const life = this.#life
    const consumer = await life.call(() => super.consume(...args))
    life.consumers.add(consumer)
    return {
      receive: (max, signal) => {
        const fetching = life
          .call(() => consumer.receive(max, signal))
          .then(async (deliveries) => {
            if (deliveries.length > 0) await life.at('fetched')
            return deliveries
          })
        // Who died hears nothing; but the test wants to end.
        return Promise.race([fetching, aborted(signal)])
      },
      ack: async (deliveries) => {
        const answers = await life.call(() => consumer.ack(deliveries))
        await life.at('acked')
        return answers
      },
      nack: (deliveries, options) => life.call(() => consumer.nack(deliveries, options)),
      reject: (deliveries, reason) => life.call(() => consumer.reject(deliveries, reason)),
      close: () => consumer.close(),
    }
  }
}

class MortalBackend extends MemoryBackend {
  readonly #life: Life

  constructor(life: Life, sharedWith: MemoryBackend) {
    super({ sharedWith })
    this.#life = life
  }

  override async saveStates(...args: Parameters<Backend['saveStates']>) {
    const answers = await this.#life.call(() => super.saveStates(...args))
    const names = new Set(args[0].map(({ state }) => state.state))
    if (names.has('PENDING')) await this.#life.at('pending')
    if (names.has('STARTED')) await this.#life.at('started')
    if (names.has('SUCCESS') || names.has('FAILURE')) await this.#life.at('terminal')
    return answers
  }

  override async readStates(...args: Parameters<Backend['readStates']>) {
    const states = await this.#life.call(() => super.readStates(...args))
    await this.#life.at('received')
    return states
  }

  override async finishMembers(...args: Parameters<Backend['finishMembers']>) {
    const answers = await this.#life.call(() => super.finishMembers(...args))
    await this.#life.at('member-noted')
    return answers
  }

  override async claimChord(...args: Parameters<Backend['claimChord']>) {
    const claim = await this.#life.call(() => super.claimChord(...args))
    if (claim === 'claimed') {
      this.#life.claims++
      await this.#life.at('chord-claimed')
    }
    return claim
  }

  override async markChordSent(...args: Parameters<Backend['markChordSent']>) {
    await this.#life.call(() => super.markChordSent(...args))
    this.#life.claims--
    await this.#life.at('chord-marked')
  }
}

/** Workers on one set of memory adapters, some of which die; a ledger of what ran; and who sends. */
export class Fleet {
  readonly broker = new MemoryBroker()
  readonly backend = new MemoryBackend()
  readonly producer: Server
  readonly runs: Run[] = []
  deaths = 0
  #workers = 0

  constructor() {
    this.producer = this.#server(new MemoryBroker({ sharedWith: this.broker }), this.#sharedBackend())
  }

  /** @param death the step at which it dies, and at the how many-th time; none: it lives */
  worker(death?: { readonly at: Step; readonly hit: number }): void {
    const life = new Life(death?.at, death?.hit ?? 1, () => this.deaths++)
    const server = this.#server(new MortalBroker(life, this.broker), new MortalBackend(life, this.backend))
    const worker = ++this.#workers
    for (const [name, body] of Object.entries(bodies)) {
      server.registerTask(name, async (...args: unknown[]) => {
        await life.at('before-handler')
        const run: Run = { uuid: taskContext().signature.uuid, name, args, worker, at: Date.now(), hasEnded: false }
        this.runs.push(run)
        const result = await body(...(args as never[]))
        if (life.isOver) return never
        run.hasEnded = true
        await life.at('after-handler')
        return result
      })
    }
    const launched = server.newWorker(`worker-${worker}`, { concurrency: 1, drainTimeout: 0, chordLease: '100ms' })
    // One that died is given up while it hangs, and says so.
    launched.launch().catch(() => undefined)
  }

  runsOf(uuid: string): readonly Run[] {
    return this.runs.filter((run) => run.uuid === uuid)
  }

  /** Whether the queue is empty and nobody holds a message. */
  async isSettled(): Promise<boolean> {
    const { pending, delayed, inFlight } = await this.broker.countMessages('machinery_tasks')
    return pending + delayed + inFlight === 0
  }

  #sharedBackend(): MemoryBackend {
    return new MemoryBackend({ sharedWith: this.backend })
  }

  #server(broker: MemoryBroker, backend: MemoryBackend): Server {
    const options = { logger: silentLogger, noUnixSignals: true, callTimeout: '500ms' as const }
    const server = new Server(options, broker, backend)
    onTestFinished(() => server.close())
    return server
  }
}

const bodies: Readonly<Record<string, (...args: never[]) => unknown>> = {
  member: async (n: number) => {
    // So long that STARTED leaves: a state that the next one overtakes is not stored.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    return n
  },
  note: () => undefined,
  collect: (...numbers: number[]) => numbers.join(','),
  flaky: () => {
    if (taskContext().attempt === 1) throw new Error('not yet')
    return 'done'
  },
}

function aborted(signal: AbortSignal): Promise<readonly never[]> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve([]), { once: true }))
}

export function signatureOf(name: string, ...numbers: readonly number[]): Signature {
  return newSignature(
    name,
    numbers.map((value) => ({ type: 'int64', value })),
  )
}
