import { dateOf, instantOf, type Schedule } from './schedule.js'

/**
 * `@every <duration>`: whole seconds between activations. Each one is the previous wake-up, rounded down to the
 * second, plus the duration; so the phase is that of the process that asks, and `previous` has no answer. Registrations
 * have ticks that all schedulers agree on: see `tickAfter`.
 */
export class EverySchedule implements Schedule {
  readonly spec: string
  /** The time between two activations, in whole seconds, at least 1. */
  readonly everySeconds: number

  constructor(spec: string, everySeconds: number) {
    this.spec = spec
    this.everySeconds = everySeconds
  }

  next(after: Date): Date | undefined {
    return dateOf((Math.floor(instantOf(after) / 1000) + this.everySeconds) * 1000)
  }
}
