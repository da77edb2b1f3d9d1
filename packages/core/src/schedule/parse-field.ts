import { invalidSchedule, quoted } from './invalid-schedule.js'

/** One of the five positions of a cron spec. */
export interface FieldKind {
  readonly label: string
  readonly min: number
  readonly max: number
  /** Names for `min`, `min + 1`, … in lower case; empty where only numbers are allowed. */
  readonly names: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

type FieldName = 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek'

/** The five positions, in the order they are written. */
export const FIELD_KINDS: Readonly<Record<FieldName, FieldKind>> = {
  minute: { label: 'minute', min: 0, max: 59, names: [] },
  hour: { label: 'hour', min: 0, max: 23, names: [] },
  dayOfMonth: { label: 'day-of-month', min: 1, max: 31, names: [] },
  month: { label: 'month', min: 1, max: 12, names: MONTHS },
  dayOfWeek: { label: 'day-of-week', min: 0, max: 6, names: WEEKDAYS },
}

/** The values one position selects. */
export interface CronField {
  /** Ascending, without repeats, never empty. */
  readonly values: readonly number[]
  /** Whether `*`, `?` or `*\/1` is written there, on its own or in a list: then the field restricts nothing. */
  readonly isStar: boolean
}

/**
 * Reads one field: a list of `*`, `?`, `a`, `a-b`, each with an optional `/step`, where `a/step` runs to the maximum.
 * As in robfig/cron, empty list items are skipped and numbers may have a plus sign or leading zeros.
 * @throws ConfigurationError naming the field, the value and what is allowed
 */
export function parseField(text: string, kind: FieldKind, spec: string): CronField {
  const selected = new Set<number>()
  let isStar = false
  for (const item of text.split(',')) {
    if (item === '') continue
    const range = parseItem(item, kind, spec)
    for (let value = range.from; value <= range.to; value += range.step) selected.add(value)
    isStar ||= range.isStar
  }
  if (selected.size === 0) throw refused(text, kind, spec, 'selects nothing')
  return { values: [...selected].sort((a, b) => a - b), isStar }
}

interface Range {
  readonly from: number
  readonly to: number
  readonly step: number
  readonly isStar: boolean
}

function parseItem(item: string, kind: FieldKind, spec: string): Range {
  const [range = '', stepText, ...furtherSteps] = item.split('/')
  if (furtherSteps.length > 0) throw refused(item, kind, spec, 'has more than one slash')
  const step = stepText === undefined ? 1 : parseNumber(stepText)
  if (step === undefined) throw refused(item, kind, spec, `has the step ${quoted(stepText ?? '')}, which is no number`)
  if (step === 0) throw refused(item, kind, spec, 'has a step of 0; a step is 1 or more')

  if (range === '*' || range === '?') return { from: kind.min, to: kind.max, step, isStar: step === 1 }

  const [fromText = '', toText, ...furtherEnds] = range.split('-')
  if (furtherEnds.length > 0) throw refused(item, kind, spec, 'has more than one hyphen')
  const from = parseValue(fromText, item, kind, spec)
  const to = toText !== undefined ? parseValue(toText, item, kind, spec) : stepText !== undefined ? kind.max : from
  if (from > to) throw refused(item, kind, spec, 'ends before it begins; write two ranges to go over the end')
  return { from, to, step, isStar: false }
}

function parseValue(text: string, item: string, kind: FieldKind, spec: string): number {
  const named = kind.names.indexOf(text.toLowerCase())
  const value = named >= 0 ? kind.min + named : parseNumber(text)
  if (value === undefined) throw refused(item, kind, spec, `has ${quoted(text)} where a value belongs`)
  if (value < kind.min || value > kind.max) throw refused(item, kind, spec, 'is out of range')
  return value
}

function parseNumber(text: string): number | undefined {
  const value = /^\+?[0-9]+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}

function refused(item: string, kind: FieldKind, spec: string, problem: string): Error {
  const names = kind.names.length > 0 ? `, ${kind.names[0]}-${kind.names.at(-1)}` : ''
  const sunday = kind.label === 'day-of-week' ? ' (Sunday is 0)' : ''
  return invalidSchedule(
    spec,
    `${kind.label} ${quoted(item)} ${problem}. Allowed: ${kind.min}-${kind.max}${sunday}${names}, "*", "?", lists "a,b", ranges "a-b", steps "*/n", "a-b/n", "a/n".`,
  )
}
