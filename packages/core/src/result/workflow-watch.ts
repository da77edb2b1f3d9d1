import type { Clock, TaskState } from '../contracts/index.js'
import { isTerminal } from '../state/index.js'
import type { ReadStates } from './result-waiter.js'
import type { Verdict } from './wait-for-states.js'

/** The most states read at once, unless their ends were told. */
const WINDOW = 500
/** How often all tasks are looked at, for failures of workers that do not tell those who wait, in milliseconds. */
const LOOK_AT_ALL_EVERY_MS = 2_000

/**
 * Decides which tasks of a workflow to look at while it is waited for: those of which a push told, else a window of those
 * whose results count, the next one each time, else now and then all.
 */
export class WorkflowWatch {
  /** The states of tasks that have ended, as far as they were seen. */
  readonly ended: Map<string, TaskState> = new Map()
  readonly #clock: Clock
  readonly #tasks: readonly string[]
  readonly #ends: ReadonlySet<string>
  /** How many of the ends were not seen to have ended. */
  #left: number
  /** The ends of one pass, and where its next window begins. */
  #pass: readonly string[]
  #at = 0
  #isWindow = false
  #lookAtAllAt: number

  /**
   * @param tasks all of them
   * @param ends those whose results count
   */
  constructor(clock: Clock, tasks: readonly string[], ends: readonly string[]) {
    this.#clock = clock
    this.#tasks = tasks
    this.#ends = new Set(ends)
    this.#left = this.#ends.size
    this.#pass = ends
    this.#lookAtAllAt = clock.now() + LOOK_AT_ALL_EVERY_MS
  }

  /** @param told those of which a push told that they have ended */
  next(told: ReadonlySet<string>): readonly string[] {
    const now = this.#clock.now()
    const isForAll = now >= this.#lookAtAllAt
    if (isForAll) this.#lookAtAllAt = now + LOOK_AT_ALL_EVERY_MS
    const named = this.#open(isForAll ? this.#tasks : [...told])
    this.#isWindow = named.length === 0
    return this.#isWindow ? this.#nextWindow() : named
  }

  judge(states: ReadStates): Verdict<'succeeded' | 'failed'> | 'look again' {
    let news = 0
    for (const [uuid, state] of states) {
      if (state === undefined || !isTerminal(state.state) || this.ended.has(uuid)) continue
      this.ended.set(uuid, state)
      news++
      if (this.#ends.has(uuid)) this.#left--
      if (state.state === 'FAILURE') return { value: 'failed' }
    }
    if (this.#left === 0) return { value: 'succeeded' }
    // Of others, too, most may have ended.
    return this.#isWindow && 2 * news > states.size ? 'look again' : undefined
  }

  #nextWindow(): readonly string[] {
    if (this.#at >= this.#pass.length) {
      this.#pass = this.#open(this.#pass)
      this.#at = 0
    }
    const window = this.#pass.slice(this.#at, this.#at + WINDOW)
    this.#at += WINDOW
    const open = this.#open(window)
    return open.length > 0 || this.#left === 0 ? open : this.#nextWindow()
  }

  #open(uuids: readonly string[]): readonly string[] {
    return uuids.filter((uuid) => !this.ended.has(uuid))
  }
}
