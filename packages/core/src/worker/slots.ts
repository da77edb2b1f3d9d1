import type { HeldTask } from './held-task.js'
import type { Outcome } from './outcome.js'
import { MAX_PREFETCH, Prefetch } from './prefetch.js'

// Kept from module load on, so that a user's fake timers do not stop the library.
const { setImmediate, setInterval, clearInterval } = globalThis

/** How long tasks may be started in a row before the event loop gets its turn, in milliseconds. */
const TURN_BUDGET_MS = 10
/** Messages that wait this long for a slot go back, in milliseconds: another worker may have a free one. */
const GIVE_BACK_AFTER_MS = 250

export interface SlotsOptions {
  /** How many tasks run at once. */
  readonly concurrency: number
  /** Starts a task; answers at once where the task function is synchronous. */
  readonly run: (task: HeldTask) => Outcome | Promise<Outcome>
  /** Told when a task function ended; the slot is free by then. */
  readonly ended: (task: HeldTask, outcome: Outcome) => void
  /** Takes back tasks that waited too long, oldest first. */
  readonly giveBack: (tasks: readonly HeldTask[]) => void
  /** Told when there is room for more. */
  readonly onRoom: () => void
}

/** The worker's slots and the few tasks that wait for one. */
export class Slots {
  readonly #options: SlotsOptions
  readonly #prefetch = new Prefetch()
  #held: HeldTask[] = []
  #next = 0
  #running = 0
  #isStarting = false
  #giveBackTimer: NodeJS.Timeout | undefined

  constructor(options: SlotsOptions) {
    this.#options = options
  }

  /** How many tasks run now. */
  get running(): number {
    return this.#running
  }

  /** How many more tasks are welcome. */
  get room(): number {
    const { concurrency } = this.#options
    return concurrency + this.#prefetch.size(concurrency) - this.#running - this.#waiting
  }

  /** The most tasks that run and wait at once. */
  static limit(concurrency: number): number {
    return concurrency + MAX_PREFETCH
  }

  /** Starts tasks as slots allow; the rest waits. */
  offer(tasks: readonly HeldTask[]): void {
    for (const task of tasks) this.#held.push(task)
    this.#startMore()
    this.#watchWaiting()
  }

  /** Removes the tasks that wait, oldest first. */
  takeWaiting(): HeldTask[] {
    const waiting = this.#held.slice(this.#next)
    this.#held = []
    this.#next = 0
    this.#watchWaiting()
    return waiting
  }

  get #waiting(): number {
    return this.#held.length - this.#next
  }

  readonly #startMore = (): void => {
    if (this.#isStarting) return
    this.#isStarting = true
    const until = performance.now() + TURN_BUDGET_MS
    let now = until - TURN_BUDGET_MS
    while (this.#running < this.#options.concurrency && this.#waiting > 0 && now < until) {
      const startedAt = now
      this.#start(this.#shift(), startedAt)
      now = performance.now()
    }
    this.#isStarting = false
    if (this.#running < this.#options.concurrency) {
      if (this.#waiting > 0) setImmediate(this.#startMore)
      this.#options.onRoom()
    }
  }

  #start(task: HeldTask, startedAt: number): void {
    const outcome = this.#run(task)
    if (!(outcome instanceof Promise)) {
      this.#prefetch.note(performance.now() - startedAt)
      this.#options.ended(task, outcome)
      return
    }
    this.#running++
    void outcome.then((settled) => {
      this.#running--
      this.#prefetch.note(performance.now() - startedAt)
      this.#options.ended(task, settled)
      this.#startMore()
    })
  }

  /** Whatever goes wrong in starting one task must not keep the others from starting. */
  #run(task: HeldTask): Outcome | Promise<Outcome> {
    try {
      return this.#options.run(task)
    } catch (error) {
      return { kind: 'failure', error, mayRetry: true }
    }
  }

  #shift(): HeldTask {
    const task = this.#held[this.#next++] as HeldTask
    if (this.#next === this.#held.length) {
      this.#held = []
      this.#next = 0
    }
    return task
  }

  /** A timer only while something waits: workers whose tasks are quick never see it fire. */
  #watchWaiting(): void {
    if (this.#waiting === 0 || this.#giveBackTimer !== undefined) return
    this.#giveBackTimer = setInterval(() => {
      const oldest = this.#held[this.#next]
      if (oldest === undefined) {
        clearInterval(this.#giveBackTimer)
        this.#giveBackTimer = undefined
      } else if (performance.now() - oldest.receivedAt > GIVE_BACK_AFTER_MS) {
        this.#prefetch.reset()
        this.#options.giveBack(this.takeWaiting())
      }
    }, GIVE_BACK_AFTER_MS / 4)
  }
}
