import type { Clock } from '../contracts/clock.js'
import { type Duration, toMilliseconds } from './duration.js'
import { nativeNow, nativeSetImmediate } from './native-timers.js'
import { settleActivity } from './settle-activity.js'
import { type QueuedTimer, TimerQueue } from './timer-queue.js'

// A turn costs about 1.5 µs. Few between timers, as a loop that polls has hundreds of thousands of them in three days;
// many at the end, where what the last timer started must be finished.
const quietTurnsBetween = 10
const quietTurnsAtEnd = 100
const mostRoundsOfOneInstant = 10_000

/**
 * A clock for tests, which stands still until it is told to go on:
 *
 * ```ts
 * const clock = new VirtualClock(new Date('2030-01-01T00:00:00Z'))
 * const server = new Server({ clock })
 * await server.sendTask({ ...report.s(), eta: new Date(clock.now() + 3 * 86_400_000) })
 * await clock.advance('3d')   // the task has run now
 * ```
 *
 * Timers run in the order they are due, and each one's consequences (promises, `setImmediate`) before the next one.
 * Timers of 0 ms need no advance. It cannot wait for real I/O or real timers: for those, await the result itself.
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerQueue()
  #now: number
  /** Grows with each use, which is how advancing sees that the program is still busy. */
  #uses = 0
  #advancing: Promise<unknown> = Promise.resolve()
  #isAdvancing = false

  /**
   * @param start what time it is at first; default: the real time of construction
   * @throws RangeError when `start` is an invalid date
   */
  constructor(start?: Date) {
    this.#now = start === undefined ? nativeNow() : timeOf(start, 'start')
  }

  now(): number {
    this.#uses++
    return this.#now
  }

  setTimer(callback: () => void, ms: number): () => void {
    if (Number.isNaN(ms)) throw new RangeError('A timer needs a number of milliseconds, got NaN.')
    this.#uses++
    const timer = this.#timers.add(this.#now + Math.max(0, ms), callback)
    if (timer.at <= this.#now) nativeSetImmediate(() => this.#runDueUnlessAdvancing())
    return () => {
      this.#uses++
      timer.cancelled = true
    }
  }

  /**
   * Lets `duration` pass. Resolves when everything that was due has run and the program rests.
   * Advances that overlap happen one after the other.
   * @throws what a timer's callback threw; the timers after it are kept, for the next advance
   */
  advance(duration: Duration): Promise<void> {
    const ms = toMilliseconds(duration, 'The time to advance')
    return this.#enqueue(() => this.#advanceTo(this.#now + ms))
  }

  /**
   * Lets time pass until `date`.
   * @throws RangeError when `date` is in the past of this clock, or invalid
   */
  advanceTo(date: Date): Promise<void> {
    const target = timeOf(date, 'The date to advance to')
    return this.#enqueue(async () => {
      if (target < this.#now) {
        throw new RangeError(
          `Cannot advance to ${date.toISOString()}: it is ${new Date(this.#now).toISOString()} already.`,
        )
      }
      await this.#advanceTo(target)
    })
  }

  /** Advances to the next timer and runs it, with all others of the same instant. False when there is none. */
  runNext(): Promise<boolean> {
    return this.#enqueue(async () => {
      await this.#settle(quietTurnsAtEnd)
      const next = this.#timers.first()
      if (next === undefined || next.at === Number.POSITIVE_INFINITY) return false
      await this.#advanceTo(next.at)
      return true
    })
  }

  async #advanceTo(target: number): Promise<void> {
    this.#isAdvancing = true
    try {
      await this.#settle(quietTurnsAtEnd)
      for (let rounds = 0; ; ) {
        let next = this.#timers.first()
        if (next === undefined || next.at > target) {
          this.#now = target
          await this.#settle(quietTurnsAtEnd)
          next = this.#timers.first()
          if (next === undefined || next.at > target) return
        }
        rounds = next.at > this.#now ? 0 : rounds + 1
        if (rounds > mostRoundsOfOneInstant) throw endlessTimers(this.#now)
        this.#now = Math.max(this.#now, next.at)
        this.#runDue()
        await this.#settle(quietTurnsBetween)
      }
    } finally {
      this.#isAdvancing = false
    }
  }

  #runDueUnlessAdvancing(): void {
    // An advance runs it itself, and hands on what it throws.
    if (!this.#isAdvancing) this.#runDue()
  }

  /** Runs what is due, but not what that adds: the consequences come first. */
  #runDue(): void {
    const due: QueuedTimer[] = []
    for (let timer = this.#timers.takeDue(this.#now); timer; timer = this.#timers.takeDue(this.#now)) due.push(timer)
    let ran = 0
    try {
      for (const timer of due) {
        ran++
        if (!timer.cancelled) timer.callback()
      }
    } finally {
      // A callback threw: the rest is not lost.
      for (const timer of due.slice(ran)) this.#timers.keep(timer)
      if (ran < due.length && !this.#isAdvancing) nativeSetImmediate(() => this.#runDueUnlessAdvancing())
      this.#uses++
    }
  }

  #settle(quietTurns: number): Promise<void> {
    return settleActivity(() => this.#uses, quietTurns)
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#advancing.then(work)
    this.#advancing = result.catch(() => {})
    return result
  }
}

function endlessTimers(now: number): Error {
  return new Error(
    `Timers of 0 ms keep setting timers of 0 ms: ${mostRoundsOfOneInstant} rounds at ${new Date(now).toISOString()} had no end. Give them a delay.`,
  )
}

function timeOf(date: Date, what: string): number {
  const time = date.getTime()
  if (Number.isNaN(time)) throw new RangeError(`${what} is an invalid date.`)
  return time
}
