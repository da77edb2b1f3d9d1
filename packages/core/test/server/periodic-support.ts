import { onTestFinished } from 'vitest'
import type { Clock, Lock, ServerOptions, Signature } from '../../src/index.js'
import { decodeSignature, Server, silentLogger } from '../../src/index.js'
import { MemoryBackend, MemoryBroker, MemoryLock, VirtualClock } from '../../src/memory/index.js'

export const start = new Date('2030-01-01T00:00:00Z')
export const minute = 60_000

/** What several servers share: one set of adapters, on a clock that stands still until told to go on. */
export class World {
  readonly clock: VirtualClock
  readonly broker: MemoryBroker
  readonly backend: MemoryBackend
  readonly lock: MemoryLock

  constructor(at: Date = start) {
    this.clock = new VirtualClock(at)
    this.broker = new MemoryBroker({ clock: this.clock })
    this.backend = new MemoryBackend({ clock: this.clock })
    this.lock = new MemoryLock({ clock: this.clock })
  }

  server(
    options: ServerOptions = {},
    adapters: { broker?: MemoryBroker; backend?: MemoryBackend; lock?: Lock } = {},
  ): Server {
    const server = new Server(
      { logger: silentLogger, noUnixSignals: true, clock: this.clock, programName: 'prog', ...options },
      adapters.broker ?? new MemoryBroker({ sharedWith: this.broker }),
      adapters.backend ?? new MemoryBackend({ sharedWith: this.backend }),
      adapters.lock ?? new MemoryLock({ sharedWith: this.lock }),
    )
    onTestFinished(() => server.close())
    return server
  }

  /** What lies in the queue, while no worker takes it. */
  async messages(): Promise<readonly Signature[]> {
    const pending = await this.broker.pendingMessages('machinery_tasks', 100_000)
    return pending.map(({ body }) => decodeSignature(body))
  }

  /** Takes everything out of the queue. */
  async empty(): Promise<void> {
    await this.broker.purge('machinery_tasks', 'pending')
  }
}

/** A clock that is wrong, by an amount that may change. */
export class WrongClock implements Clock {
  readonly #right: Clock
  offsetMs: number

  constructor(right: Clock, offsetMs = 0) {
    this.#right = right
    this.offsetMs = offsetMs
  }

  now(): number {
    return this.#right.now() + this.offsetMs
  }

  setTimer(callback: () => void, ms: number): () => void {
    return this.#right.setTimer(callback, ms)
  }
}

/** The clock of a process that can stand still: what falls due meanwhile comes when it goes on. */
export class ProcessClock extends WrongClock {
  #overdue: (() => void)[] | undefined

  override setTimer(callback: () => void, ms: number): () => void {
    let isCancelled = false
    const fire = (): void => {
      if (isCancelled) return
      if (this.#overdue === undefined) callback()
      else this.#overdue.push(fire)
    }
    const cancel = super.setTimer(fire, ms)
    return () => {
      isCancelled = true
      cancel()
    }
  }

  stop(): void {
    this.#overdue = []
  }

  goOn(): void {
    const overdue = this.#overdue ?? []
    this.#overdue = undefined
    for (const fire of overdue) fire()
  }
}

/** `target` with some of its methods replaced. */
export function replaced<T extends object>(target: T, changes: Partial<T>): T {
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(key in changes ? changes : object, key)
      return typeof value === 'function' ? value.bind(object) : value
    },
  })
}

/** The ticks from `from` to `to`, every `periodMs`, both included. */
export function ticks(from: Date, to: Date, periodMs: number): Date[] {
  const found: Date[] = []
  for (let at = from.getTime(); at <= to.getTime(); at += periodMs) found.push(new Date(at))
  return found
}
