import { ConfigurationError } from '../errors/index.js'
import type { CronFields } from './calendar.js'
import { CronSchedule } from './cron-schedule.js'
import { EverySchedule } from './every-schedule.js'
import { parseGoDuration } from './go-duration.js'
import { invalidSchedule, quoted } from './invalid-schedule.js'
import { FIELD_KINDS, parseField } from './parse-field.js'
import type { Schedule } from './schedule.js'
import { localZoneOffsets, type ZoneOffsets, zoneOffsets } from './zone-offsets.js'

export interface ParseScheduleOptions {
  /**
   * IANA name of the zone whose wall clock counts, for example `Europe/Paris`. A `TZ=` prefix says the same; if both
   * are given they must agree.
   * @default the zone of this process
   */
  readonly timeZone?: string
}

/** All five fields with every value written out come to 450 characters. */
const LONGEST_SPEC = 1_000

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** White space as Unicode and Go have it; JavaScript's `\s` lacks U+0085 and has U+FEFF. */
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/

/**
 * Reads a schedule in the dialect of Machinery (robfig/cron v3, `ParseStandard`):
 *
 * - `minute hour day-of-month month day-of-week`, with `*`, `?`, lists, ranges, steps, and English names of months and
 *   weekdays (0 is Sunday, 7 is refused). If day-of-month and day-of-week are both restricted, one of them is enough;
 *   a step above 1 restricts.
 * - `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`
 * - `@every 1h30m`: a Go duration, cut to whole seconds, at least one
 * - a prefix `TZ=Europe/Paris ` or `CRON_TZ=Europe/Paris ` to any of these
 *
 * When clocks change, a schedule of chosen hours runs each local time once: a skipped one at the first instant after the
 * gap, a repeated one the first time. A schedule of all 24 hours (`*\/5 * * * *`, `@hourly`) follows real time instead.
 * @throws ConfigurationError when the spec is wrong, longer than 1000 characters or can never match, or the zone is unknown
 * @throws TypeError when `spec` is not a string
 */
export function parseSchedule(spec: string, options: ParseScheduleOptions = {}): Schedule {
  if (typeof spec !== 'string') throw new TypeError(`A schedule is a string such as "0 6 * * *", got ${typeof spec}.`)
  if (spec.length > LONGEST_SPEC) {
    throw invalidSchedule(spec, `it has ${spec.length} characters, and at most ${LONGEST_SPEC} are allowed.`)
  }
  const chosenZone = options.timeZone === undefined ? undefined : zoneOf(options.timeZone)
  const { prefixZone, rest } = splitPrefix(spec)
  if (chosenZone !== undefined && prefixZone !== undefined && chosenZone.timeZone !== prefixZone.timeZone) {
    throw invalidSchedule(
      spec,
      `its prefix says ${prefixZone.timeZone}, the option timeZone says ${chosenZone.timeZone}. Give one of them.`,
    )
  }

  if (rest.startsWith('@every ')) return parseEvery(spec, rest.slice('@every '.length))
  const fields = parseFields(spec, rest.startsWith('@') ? describedBy(spec, rest) : rest)
  const schedule = new CronSchedule(spec, fields, chosenZone ?? prefixZone ?? localZoneOffsets())
  if (!schedule.isPossible) {
    throw invalidSchedule(spec, 'it never fires: none of its months has any of its days. Choose a date that exists.')
  }
  return schedule
}

function zoneOf(timeZone: string): ZoneOffsets {
  const zone = zoneOffsets(timeZone)
  if (zone === undefined) {
    throw new ConfigurationError(
      `Unknown time zone ${quoted(String(timeZone))}. Use an IANA name such as "Europe/Paris" or "UTC".`,
    )
  }
  return zone
}

function splitPrefix(spec: string): { prefixZone?: ZoneOffsets; rest: string } {
  const prefix = /^(?:CRON_)?TZ=/.exec(spec)?.[0]
  if (prefix === undefined) return { rest: spec }
  const end = spec.indexOf(' ')
  if (end < 0) throw invalidSchedule(spec, 'nothing follows the time zone. Write "TZ=<zone> <schedule>".')
  const rest = spec.slice(end).trim()
  const name = spec.slice(prefix.length, end)
  // The two names that Go knows and Intl does not.
  if (name === 'Local') return { prefixZone: localZoneOffsets(), rest }
  if (name === '') return { prefixZone: zoneOf('UTC'), rest }
  const prefixZone = zoneOffsets(name)
  if (prefixZone === undefined) {
    throw invalidSchedule(spec, `unknown time zone ${quoted(name)}. Use an IANA name such as "Europe/Paris" or "UTC".`)
  }
  return { prefixZone, rest }
}

function describedBy(spec: string, descriptor: string): string {
  const fields = Object.hasOwn(DESCRIPTORS, descriptor) ? DESCRIPTORS[descriptor] : undefined
  if (fields === undefined) {
    const known = Object.keys(DESCRIPTORS).join(', ')
    throw invalidSchedule(
      spec,
      `unknown descriptor ${quoted(descriptor)}. There are ${known} and "@every <duration>", in lower case.`,
    )
  }
  return fields
}

function parseEvery(spec: string, text: string): EverySchedule {
  const nanoseconds = parseGoDuration(text)
  if (nanoseconds === undefined || nanoseconds < 0n) {
    throw invalidSchedule(
      spec,
      `${quoted(text)} is no duration of 0 or more and at most 2562047h. Write numbers with units h, m, s or ms, for example "@every 1h30m".`,
    )
  }
  const seconds = Number(nanoseconds / 1_000_000_000n)
  return new EverySchedule(spec, Math.max(seconds, 1))
}

function parseFields(spec: string, text: string): CronFields {
  const fields = text.split(SPACE).filter((field) => field !== '')
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields
  if (
    minute === undefined ||
    hour === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined ||
    fields.length > 5
  ) {
    const seconds = fields.length === 6 ? ' There is no field for seconds; use "@every 10s".' : ''
    throw invalidSchedule(
      spec,
      `expected exactly 5 fields (minute hour day-of-month month day-of-week), found ${fields.length}.${seconds}`,
    )
  }
  return {
    minute: parseField(minute, FIELD_KINDS.minute, spec),
    hour: parseField(hour, FIELD_KINDS.hour, spec),
    dayOfMonth: parseField(dayOfMonth, FIELD_KINDS.dayOfMonth, spec),
    month: parseField(month, FIELD_KINDS.month, spec),
    dayOfWeek: parseField(dayOfWeek, FIELD_KINDS.dayOfWeek, spec),
  }
}
