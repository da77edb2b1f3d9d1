import { ClosedError, describeError } from '../errors/index.js'
import { tickAfter, tickBefore } from '../schedule/index.js'
import type { PeriodicInfo, PeriodicOutcome, PeriodicRegistration } from './periodic-options.js'
import { type PeriodicParts, TickHandler } from './periodic-tick.js'

/** The longest time without a look at the clock, in milliseconds: it may jump, and stands still while a machine sleeps. */
const LOOK_EVERY_MS = 30_000
/** Clocks are put back by less than this all the time, and ticks that were handled need not come again. */
const ORDINARY_STEP_BACK_MS = 60_000
/** Ticks of one registration that are handled at once; others wait, inside their catch-up window. */
const MOST_AT_ONCE = 100

/** Starts the ticks of one registration when they are due. */
export class PeriodicRunner {
  readonly #parts: PeriodicParts
  readonly #registration: PeriodicRegistration
  readonly #handler: TickHandler
  readonly #stopping = new AbortController()
  readonly #inFlight = new Set<Promise<void>>()
  /** Up to here all ticks were started or dropped, in milliseconds since the epoch. */
  #doneUntil: number
  #cancelTimer: () => void = () => undefined
  #isPaused = false
  #last: { readonly tick: Date; readonly outcome: PeriodicOutcome } | undefined

  constructor(parts: PeriodicParts, registration: PeriodicRegistration) {
    this.#parts = parts
    this.#registration = registration
    this.#handler = new TickHandler(parts, registration)
    this.#doneUntil = parts.clock.now()
    this.#arm()
  }

  get info(): PeriodicInfo {
    const { kind, name, schedule } = this.#registration
    const next = tickAfter(schedule, new Date(this.#isPaused ? this.#parts.clock.now() : this.#doneUntil))
    return {
      name,
      kind,
      spec: schedule.spec,
      ...(schedule.timeZone !== undefined && { timeZone: schedule.timeZone }),
      ...(next && { next }),
      ...(this.#last && { lastTick: this.#last.tick, lastOutcome: this.#last.outcome }),
      isPaused: this.#isPaused,
    }
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#wake()
  }

  /** Starts no more ticks. Resolves when those that are being sent have been. */
  async stop(): Promise<void> {
    this.#cancelTimer()
    this.#stopping.abort(new ClosedError(`Periodic ${this.#registration.kind} "${this.#registration.name}"`))
    await Promise.all(this.#inFlight)
  }

  readonly #wake = (): void => {
    if (this.#stopping.signal.aborted) return
    if (!this.#isPaused) this.#startDue()
    this.#arm()
  }

  #arm(): void {
    this.#cancelTimer()
    const { clock } = this.#parts
    const next = this.#next()
    // After the last tick that a Date can hold there is nothing to wait for.
    if (next === undefined) return
    const mustWait = this.#isPaused || this.#inFlight.size >= MOST_AT_ONCE
    // Not less than nothing, as it may have become due since it was looked at.
    const waitMs = mustWait ? LOOK_EVERY_MS : Math.max(0, next.getTime() - clock.now())
    this.#cancelTimer = clock.setTimer(this.#wake, Math.min(waitMs, LOOK_EVERY_MS))
  }

  #startDue(): void {
    const now = this.#parts.clock.now()
    const oldest = now - this.#registration.catchUpMs
    // The locks know which of the ticks that come again were handled: others may have been missed when it jumped ahead.
    if (now < this.#doneUntil - ORDINARY_STEP_BACK_MS) this.#doneUntil = oldest
    this.#dropBefore(oldest)
    for (let tick = this.#next(); tick !== undefined && tick.getTime() <= now; tick = this.#next()) {
      if (this.#inFlight.size >= MOST_AT_ONCE) return
      this.#doneUntil = tick.getTime()
      this.#start(tick)
    }
  }

  #dropBefore(oldest: number): void {
    const { schedule, catchUpMs, kind, name } = this.#registration
    const first = this.#next()
    if (first === undefined || first.getTime() >= oldest) return
    const last = tickBefore(schedule, new Date(oldest)) ?? first
    this.#doneUntil = last.getTime()
    this.#parts.logger.warn(
      `Periodic ${kind} "${name}": its ticks from ${first.toISOString()} to ${last.toISOString()} are dropped, as they are ` +
        `more than ${catchUpMs} ms late. If they shall run late, raise catchUp.`,
    )
    this.#report(last, 'dropped')
  }

  #start(tick: Date): void {
    const flight = this.#handle(tick).finally(() => {
      this.#inFlight.delete(flight)
      if (this.#inFlight.size === MOST_AT_ONCE - 1) this.#wake()
    })
    this.#inFlight.add(flight)
  }

  async #handle(tick: Date): Promise<void> {
    const { signal } = this.#stopping
    try {
      await this.#handler.handle(tick, signal, (outcome) => this.#report(tick, outcome))
    } catch (error) {
      if (signal.aborted) return
      const { kind, name } = this.#registration
      this.#report(tick, 'failed')
      this.#parts.logger.error(
        `Periodic ${kind} "${name}": the tick of ${tick.toISOString()} failed: ${describeError(error)}`,
      )
    }
  }

  #report(tick: Date, outcome: PeriodicOutcome): void {
    if (this.#last === undefined || this.#last.tick <= tick) this.#last = { tick, outcome }
  }

  #next(): Date | undefined {
    return tickAfter(this.#registration.schedule, new Date(this.#doneUntil))
  }
}
