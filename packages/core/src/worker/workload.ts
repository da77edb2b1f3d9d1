import type { Backend, Broker, CancelNotifier, Clock, Delivery, Logger, RecordRenewer } from '../contracts/index.js'
import { describeError, WorkerQuitError } from '../errors/index.js'
import type { Sender } from '../sending/index.js'
import type { TaskRegistry } from '../task/index.js'
import { systemClock } from '../time/index.js'
import { Cancellations } from './cancellations.js'
import { Completion } from './completion.js'
import type { WorkerHandlers } from './handlers.js'
import type { HeldTask } from './held-task.js'
import { HeldTasks } from './held-tasks.js'
import type { Sorted } from './intake.js'
import { Intake } from './intake.js'
import { AbandonedError, Persistence } from './persistence.js'
import { Renewals } from './renewals.js'
import { AFTER_BREAKDOWN_MS, type Settler } from './settler.js'
import { Slots } from './slots.js'
import { TaskInvoker } from './task-invoker.js'
import { TaskLife } from './task-life.js'
import { UnknownTasks } from './unknown-tasks.js'
import type { ResolvedWorkerOptions } from './worker-options.js'

/** The most messages fetched at once. */
const PORTION = 250

export interface WorkloadParts {
  readonly options: ResolvedWorkerOptions
  readonly broker: Broker
  readonly backend: Backend
  readonly canceller: CancelNotifier | undefined
  readonly renewer: RecordRenewer | undefined
  readonly sender: Sender
  readonly registry: TaskRegistry
  readonly clock: Clock
  readonly logger: Logger
  readonly handlers: WorkerHandlers
  /** Who claims chords: unique per worker. */
  readonly owner: string
  /** Told when more was fetched than could start. */
  readonly onOverfull: () => void
}

/** All deliveries a worker has at hand, from their receipt until they are settled. */
export class Workload {
  readonly #concurrency: number
  readonly #logger: Logger
  readonly #active = new HeldTasks()
  readonly #invoker: TaskInvoker
  readonly #persistence: Persistence
  readonly #cancellations: Cancellations
  readonly #renewals: Renewals
  readonly #life: TaskLife
  readonly #intake: Intake
  readonly #slots: Slots
  /** Deliveries that are being sorted. */
  #arriving = 0
  /** Deliveries that are not settled yet. */
  #unsettled = 0
  #isStopping = false
  #isAbandoned = false
  #wake: (() => void) | undefined
  #onIdle: (() => void) | undefined
  #cancelHurry: () => void = () => undefined
  #hurryAt = Number.POSITIVE_INFINITY

  constructor(parts: WorkloadParts) {
    const { backend, broker, clock, logger, options, registry, sender } = parts
    this.#concurrency = options.concurrency
    this.#logger = logger
    this.#invoker = new TaskInvoker({ clock, logger })
    this.#persistence = new Persistence({
      states: sender.states,
      clock,
      logger,
      onRecovered: () => this.#changed(),
      lastPublishedAt: () => sender.lastPublishedAt,
    })
    const completion = new Completion({
      backend,
      sender,
      persistence: this.#persistence,
      logger,
      owner: parts.owner,
      chordLeaseMs: options.chordLeaseMs,
    })
    this.#cancellations = new Cancellations(parts.canceller, logger, (reason, which) =>
      this.#invoker.abort(reason, which),
    )
    this.#renewals = new Renewals({
      renewer: parts.renewer,
      clock,
      logger,
      expiresInMs: () => sender.expiresInMs(null),
      signatures: () => this.#active.signatures(),
    })
    this.#life = new TaskLife({
      ...parts,
      cancellations: this.#cancellations,
      completion,
      invoker: this.#invoker,
      persistence: this.#persistence,
      release: (held) => this.#forget(held),
      concluded: (held) => {
        this.#forget(held)
        this.#settled(1)
      },
    })
    this.#intake = new Intake({
      backend,
      logger,
      maxDelayMs: broker.capabilities.maxDelayMs,
      maxDeliveries: options.maxDeliveries,
      persistence: this.#persistence,
      registry,
      unknown: new UnknownTasks(),
      active: this.#active,
      fail: (signature, text) => completion.failUnsent(signature, text),
    })
    this.#slots = new Slots({
      concurrency: options.concurrency,
      run: (held) => this.#life.begin(held),
      ended: (held, outcome) => this.#life.conclude(held, outcome),
      giveBack: (tasks) => {
        parts.onOverfull()
        void this.#giveBack(tasks)
      },
      onRoom: () => this.#changed(),
    })
  }

  /** The most deliveries a worker holds unsettled. */
  static maxUnsettled(concurrency: number): number {
    return 2 * Slots.limit(concurrency)
  }

  /** Whether running tasks were given up. */
  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  /** Waits until more deliveries are welcome and answers how many; 0 when `signal` aborts. */
  async room(signal: AbortSignal): Promise<number> {
    // Before anything is fetched: the first task may be cancelled, too.
    this.#cancellations.listen()
    for (;;) {
      if (signal.aborted) return 0
      const room = this.#roomNow()
      // In portions, so that one can be fetched while another is looked at and a third is stored.
      if (room > 0) return Math.min(room, PORTION)
      await this.#change(signal)
    }
  }

  /** Takes deliveries over: each will be settled through `settler`. */
  accept(deliveries: readonly Delivery[], settler: Settler): void {
    this.#arriving += deliveries.length
    this.#unsettled += deliveries.length
    this.#renewals.start()
    void this.#sort(deliveries, settler)
  }

  /**
   * Gives back what did not start and waits for the rest to end; after `ms` milliseconds the rest is abandoned.
   * Resolves when nothing is left to do.
   */
  async drain(ms: number): Promise<void> {
    this.#isStopping = true
    this.hurry(ms)
    void this.#giveBack(this.#slots.takeWaiting())
    if (this.#unsettled > 0 && !this.#isAbandoned) {
      this.#logger.info(`Waiting up to ${ms} ms for tasks to end: ${this.#slots.running} run`)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    this.#cancelHurry()
    this.#renewals.stop()
    await this.#cancellations.close()
  }

  /** Abandons what still runs after `ms` milliseconds from now; a later end than one set before changes nothing. */
  hurry(ms: number): void {
    const at = performance.now() + ms
    if (at >= this.#hurryAt) return
    this.#hurryAt = at
    this.#cancelHurry()
    if (ms <= 0) this.#abandon()
    else this.#cancelHurry = systemClock.setTimer(() => this.#abandon(), ms)
  }

  /** Aborts running tasks. Their messages stay unsettled: the broker delivers them again. */
  #abandon(): void {
    if (this.#unsettled > 0) this.#isAbandoned = true
    this.#invoker.abort(new WorkerQuitError())
    this.#persistence.abandon()
    this.#onIdle?.()
  }

  async #sort(deliveries: readonly Delivery[], settler: Settler): Promise<void> {
    let sorted: Sorted
    try {
      sorted = await this.#intake.sort(deliveries, settler)
    } catch (error) {
      this.#arriving -= deliveries.length
      // Given up: the deliveries go back when the consumer closes.
      if (!(error instanceof AbandonedError)) {
        this.#logger.error(`Received messages could not be looked at, and are given back: ${describeError(error)}`)
        await settler.nack(deliveries, AFTER_BREAKDOWN_MS)
      }
      this.#settled(deliveries.length)
      return
    }
    const { toRun, ended, exhausted, settling } = sorted
    this.#arriving -= deliveries.length
    this.#unsettled -= deliveries.length - toRun.length - ended.length - exhausted.length - settling.length
    for (const settled of settling) void settled.finally(() => this.#settled(1))
    for (const { held, state } of ended) this.#life.resume(held, state)
    for (const held of exhausted) {
      const reason = `Task ${held.signature.name} was delivered ${held.delivery.deliveryCount} times and never finished: it may have taken its worker down.`
      this.#life.park(held, reason)
    }
    if (this.#isStopping) await this.#giveBack(toRun)
    else this.#slots.offer(toRun)
    this.#settled(0)
  }

  async #giveBack(tasks: readonly HeldTask[]): Promise<void> {
    const bySettler = Map.groupBy(
      tasks.flatMap((held) => [held, ...(held.duplicates ?? [])]),
      (open) => open.settler,
    )
    // Forgotten first: they may come back to this very worker before the answer does.
    for (const held of tasks) this.#forget(held)
    await Promise.all([...bySettler].map(([settler, open]) => settler.nack(open.map(({ delivery }) => delivery))))
    this.#settled(tasks.length)
  }

  #forget(held: HeldTask): void {
    if (held.isReleased) return
    held.isReleased = true
    this.#active.remove(held)
  }

  #settled(count: number): void {
    this.#unsettled -= count
    if (this.#unsettled === 0) {
      this.#renewals.stop()
      this.#onIdle?.()
    }
    this.#changed()
  }

  #roomNow(): number {
    if (this.#persistence.isStuck) return 0
    return Math.min(this.#slots.room - this.#arriving, Workload.maxUnsettled(this.#concurrency) - this.#unsettled)
  }

  #changed(): void {
    this.#wake?.()
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
    })
  }
}
