import { ConfigurationError, checkOptions, type OptionNames } from '../errors/index.js'
import type { PeriodicKind, Schedule } from '../schedule/index.js'
import { type Duration, toMilliseconds } from '../time/index.js'
import type { CompiledWorkflow } from '../workflow/index.js'

/** How a periodic task, chain, group or chord runs. */
export interface PeriodicOptions {
  /**
   * IANA name of the zone whose wall clock counts, for example `Europe/Paris`.
   * @default what a `TZ=` prefix of the spec says, else the zone of this process
   */
  readonly timeZone?: string
  /**
   * How late a tick may run that could not run in time: this process was paused, asleep or busy, its clock jumped, the
   * broker was away, or the scheduler that had taken it died. Each such tick runs once, with its own UUIDs; older ones are
   * dropped with a warning. Beside schedulers in Go, keep it below the time between two ticks: what they sent cannot be
   * seen afterwards. Ticks that pass while no process has the registration are not made up for. At least one second counts.
   * @default '1m'
   */
  readonly catchUp?: Duration
  /**
   * What happens at a tick while a run of an earlier one has not ended. `allow`: it runs beside it, as in Machinery.
   * `skip`: this tick is left out. It goes by the stored states, so it needs a backend that can be read often, and a
   * run that is silent for longer than `resultsExpireIn` is taken for ended.
   * @default 'allow'
   */
  readonly overlap?: 'allow' | 'skip'
}

/** The same for groups and chords. */
export interface PeriodicGroupOptions extends PeriodicOptions {
  /** How many members are on their way to the broker at once; 0: no limit. @default 0 */
  readonly sendConcurrency?: number
}

/**
 * What became of a tick at this server. `sent`: it sent it. `elsewhere`: another scheduler has it. `skipped`: a run of an
 * earlier tick had not ended (`overlap: 'skip'`). `dropped`: it came too late (`catchUp`). `failed`: it could not be sent.
 */
export type PeriodicOutcome = 'sent' | 'elsewhere' | 'skipped' | 'dropped' | 'failed'

/** A periodic registration of this server, as `server.listPeriodic()` tells it. */
export interface PeriodicInfo {
  readonly name: string
  readonly kind: PeriodicKind
  readonly spec: string
  /** The zone whose wall clock counts; absent for `@every`, which knows none. */
  readonly timeZone?: string
  /** The next tick; absent when there is none that a `Date` can hold. */
  readonly next?: Date
  /** The latest tick that this server has dealt with. */
  readonly lastTick?: Date
  readonly lastOutcome?: PeriodicOutcome
  /** Whether `server.pausePeriodic` stopped it, on this server. */
  readonly isPaused: boolean
}

/** A registration with its options checked. */
export interface PeriodicRegistration {
  readonly name: string
  readonly kind: PeriodicKind
  readonly schedule: Schedule
  readonly template: CompiledWorkflow
  readonly catchUpMs: number
  readonly overlap: 'allow' | 'skip'
  readonly sendConcurrency: number
}

/** A tick is never exactly in time. */
const LEAST_CATCH_UP_MS = 1_000

const names: OptionNames<PeriodicOptions> = { timeZone: true, catchUp: true, overlap: true }
const groupNames: OptionNames<PeriodicGroupOptions> = { ...names, sendConcurrency: true }

/** @throws ConfigurationError when they are no object, or have an unknown name */
export function checkPeriodicOptions(kind: PeriodicKind, name: string, options: PeriodicGroupOptions): void {
  const owner = `Periodic ${kind} ${JSON.stringify(name)}`
  const example = "{ timeZone: 'Europe/Paris' }"
  if (kind === 'group' || kind === 'chord') checkOptions(owner, options, groupNames, example)
  else checkOptions<PeriodicOptions>(owner, options, names, example)
}

/** @throws ConfigurationError naming the option; RangeError or TypeError for a `catchUp` that is no duration */
export function resolvePeriodicOptions(
  options: PeriodicGroupOptions,
): Pick<PeriodicRegistration, 'catchUpMs' | 'overlap' | 'sendConcurrency'> {
  const { catchUp = '1m', overlap = 'allow', sendConcurrency = 0 } = options
  if (overlap !== 'allow' && overlap !== 'skip') {
    throw new ConfigurationError(`overlap must be 'allow' or 'skip', got ${JSON.stringify(overlap)}.`)
  }
  return { catchUpMs: Math.max(LEAST_CATCH_UP_MS, toMilliseconds(catchUp, 'catchUp')), overlap, sendConcurrency }
}
