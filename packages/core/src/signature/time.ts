import { InvalidArgumentError } from '../errors/index.js'

/** Go's zero time: "unknown", in `CreatedAt`. */
export const zeroTime = '0001-01-01T00:00:00Z'

/** An instant as received: a Date of millisecond precision that knows the text it came from, to the nanosecond. */
export class WireDate extends Date {
  /** The RFC 3339 text as received. */
  readonly text: string
  readonly #receivedMs: number

  constructor(ms: number, text: string) {
    super(ms)
    this.text = text
    this.#receivedMs = ms
  }

  /** Whether no setter moved the Date away from its text. */
  get isUnchanged(): boolean {
    return this.getTime() === this.#receivedMs
  }
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/**
 * Parses RFC 3339 text with a zone and any number of fraction digits.
 * @throws InvalidArgumentError, in Go's words, for anything else
 */
export function parseTime(text: string): WireDate {
  const match = rfc3339.exec(text)
  if (match === null)
    throw new InvalidArgumentError(`${goParsing(text)} as ${layout}: cannot parse ${offendingPart(text)}`)
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const fraction = match[7] ?? ''
  const zoneHour = Number(match[9] ?? 0)
  const zoneMinute = Number(match[10] ?? 0)
  const date = new Date(0)
  // Not Date.UTC, which reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day)
  if (month < 1 || month > 12) throw outOfRange(text, 'month')
  if (date.getUTCDate() !== day) throw outOfRange(text, 'day')
  if (hour > 23) throw outOfRange(text, 'hour')
  if (minute > 59) throw outOfRange(text, 'minute')
  if (second > 59) throw outOfRange(text, 'second')
  if (zoneHour > 23) throw outOfRange(text, 'time zone offset hour')
  if (zoneMinute > 59) throw outOfRange(text, 'time zone offset minute')
  const offset = (zoneHour * 60 + zoneMinute) * (match[8] === '-' ? -1 : 1)
  const seconds = (hour * 60 + minute - offset) * 60 + second
  return new WireDate(date.getTime() + seconds * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')), text)
}

function outOfRange(text: string, part: string): InvalidArgumentError {
  return new InvalidArgumentError(`${goParsing(text)}: ${part} out of range`)
}

const maxMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
const minMs = Date.parse(zeroTime)

/** Whether a Date is one that JSON of Go can carry: valid, and in the years 1 to 9999. */
export function isWireTime(date: Date): boolean {
  const ms = date.getTime()
  return ms >= minMs && ms <= maxMs
}

/**
 * A Date as Go writes it, in UTC: closing zeros of the fraction are removed. A `WireDate` that nobody changed keeps
 * the text it came with.
 * @throws InvalidArgumentError for an invalid Date and for years outside 1 to 9999
 */
export function formatTime(date: Date): string {
  if (date instanceof WireDate && date.isUnchanged) return date.text
  if (!isWireTime(date))
    throw new InvalidArgumentError(`${describeDate(date)} is not a time between the years 1 and 9999.`)
  return formatMs(date.getTime())
}

let cachedSecond = Number.NaN
let cachedText = ''

/** The time `ms` milliseconds after the epoch, as Go writes it. Default: now. */
export function nowText(ms: number = Date.now()): string {
  const second = Math.floor(ms / 1000)
  // One state record after another is stamped within the same second.
  if (second !== cachedSecond) {
    cachedText = formatTime(new Date(second * 1000)).slice(0, -1)
    cachedSecond = second
  }
  return cachedText + fractionText(Math.floor(ms - second * 1000))
}

/**
 * The instant in nanoseconds since the epoch: the score of Machinery's delayed tasks on Redis. Exact for RFC 3339 text
 * and for a `WireDate` that nobody changed; further fraction digits are cut.
 * @throws InvalidArgumentError for text that is not RFC 3339 and for an invalid Date
 */
export function toUnixNanos(time: Date | string): bigint {
  const date = typeof time === 'string' ? parseTime(time) : time
  const ms = date.getTime()
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Invalid Date is not a time.')
  const belowMs = date instanceof WireDate && date.isUnchanged ? nanosBelowMs(date.text) : 0n
  return BigInt(ms) * 1_000_000n + belowMs
}

function nanosBelowMs(text: string): bigint {
  const fraction = rfc3339.exec(text)?.[7] ?? ''
  return BigInt(fraction.slice(3, 9).padEnd(6, '0'))
}

function formatMs(ms: number): string {
  const iso = new Date(ms).toISOString()
  return iso.slice(0, 19) + fractionText(Number(iso.slice(20, 23)))
}

/** `.12Z` for 120 ms, `Z` for 0. */
function fractionText(ms: number): string {
  if (ms === 0) return 'Z'
  const digits = String(ms).padStart(3, '0')
  return `.${digits.endsWith('00') ? digits[0] : digits.endsWith('0') ? digits.slice(0, 2) : digits}Z`
}

function describeDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString()
}

const layout = '"2006-01-02T15:04:05Z07:00"'

function goParsing(text: string): string {
  return `parsing time ${JSON.stringify(text.slice(0, 64))}`
}

/** What Go says about the two mistakes that occur: nothing at all, and no zone. */
function offendingPart(text: string): string {
  if (text === '') return '"" as "2006"'
  return rfc3339.test(`${text}Z`) ? '"" as "Z07:00"' : 'it as RFC 3339 with a time zone'
}
