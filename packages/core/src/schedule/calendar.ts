import type { CronField } from './parse-field.js'

/** The five parsed fields of a cron spec. */
export interface CronFields {
  readonly minute: CronField
  readonly hour: CronField
  readonly dayOfMonth: CronField
  readonly month: CronField
  readonly dayOfWeek: CronField
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** From 29 February 2096 to the next one, in 2104: no possible schedule pauses longer. */
const LONGEST_PAUSE_YEARS = 8

/**
 * The wall-clock minutes that cron fields select, without any zone. A wall-clock time is a number: the milliseconds
 * since the epoch at which a clock in UTC shows it.
 */
export class Calendar {
  /** For each minute of the hour, the first selected minute at or after it, or -1; one entry more than minutes. */
  readonly #minuteFrom: Int8Array
  /** The same for the hours of the day. */
  readonly #hourFrom: Int8Array
  /** Bit n: month n, counted from 0. */
  readonly #months: number
  /** For a month whose first day is weekday w: bit n is set when day n + 1 is selected. */
  readonly #daysByFirstWeekday: readonly number[]

  constructor(fields: CronFields) {
    this.#minuteFrom = firstSelectedFrom(fields.minute.values, 60)
    this.#hourFrom = firstSelectedFrom(fields.hour.values, 24)
    this.#months = bits(fields.month.values, 1)
    this.#daysByFirstWeekday = [0, 1, 2, 3, 4, 5, 6].map((firstWeekday) => selectedDays(fields, firstWeekday))
  }

  /** False for dates that no year has, such as 30 February. */
  get isPossible(): boolean {
    return DAYS_IN_MONTH.some((_, month) => {
      const longest = lastDays(month === 1 ? 29 : (DAYS_IN_MONTH[month] ?? 0))
      return this.#hasMonth(month) && this.#daysByFirstWeekday.some((days) => (days & longest) !== 0)
    })
  }

  /** The first selected time at or after `wall`, a whole minute; undefined beyond the dates JavaScript has. */
  firstFrom(wall: number): number | undefined {
    const date = new Date(wall)
    const year = date.getUTCFullYear()
    if (Number.isNaN(year)) return undefined
    const month = date.getUTCMonth()
    const day = date.getUTCDate()
    if (this.#dayFrom(year, month, day) === day) {
      const time = this.#timeFrom(date.getUTCHours(), date.getUTCMinutes())
      if (time >= 0) return Math.floor(wall / DAY_MS) * DAY_MS + time
    }
    const laterDay = this.#firstDayAfter(year, month, day)
    return laterDay === undefined ? undefined : laterDay + this.#timeFrom(0, 0)
  }

  #firstDayAfter(year: number, month: number, day: number): number | undefined {
    let firstDay = day + 1
    let candidate = month
    for (let y = year; y <= year + LONGEST_PAUSE_YEARS + 1; y++) {
      for (; candidate < 12; candidate++) {
        const found = this.#dayFrom(y, candidate, firstDay)
        if (found > 0) return startOfDay(y, candidate, found)
        firstDay = 1
      }
      candidate = 0
    }
    return undefined
  }

  /** The first selected day of the month at or after `day`, or 0. */
  #dayFrom(year: number, month: number, day: number): number {
    if (!this.#hasMonth(month) || day > 31) return 0
    const firstWeekday = new Date(startOfDay(year, month, 1)).getUTCDay()
    const length = month === 1 && isLeap(year) ? 29 : (DAYS_IN_MONTH[month] ?? 0)
    const days = (this.#daysByFirstWeekday[firstWeekday] ?? 0) & lastDays(length) & (-1 << (day - 1))
    return days === 0 ? 0 : 32 - Math.clz32(days & -days)
  }

  /** The first selected time of day at or after `hour`:`minute`, in milliseconds since midnight, or -1. */
  #timeFrom(hour: number, minute: number): number {
    let foundHour = this.#hourFrom[hour] ?? -1
    let foundMinute = foundHour === hour ? (this.#minuteFrom[minute] ?? -1) : -1
    if (foundMinute < 0) {
      if (foundHour === hour) foundHour = this.#hourFrom[hour + 1] ?? -1
      foundMinute = this.#minuteFrom[0] ?? -1
    }
    return foundHour < 0 ? -1 : foundHour * HOUR_MS + foundMinute * MINUTE_MS
  }

  #hasMonth(month: number): boolean {
    return (this.#months & (1 << month)) !== 0
  }
}

/** If one of the two day fields is a star, both must match; if both restrict, one is enough. */
function selectedDays({ dayOfMonth, dayOfWeek }: CronFields, firstWeekday: number): number {
  const byDate = bits(dayOfMonth.values, 1)
  let byWeekday = 0
  for (let day = 0; day < 31; day++) {
    if (dayOfWeek.values.includes((firstWeekday + day) % 7)) byWeekday |= 1 << day
  }
  return dayOfMonth.isStar || dayOfWeek.isStar ? byDate & byWeekday : byDate | byWeekday
}

function firstSelectedFrom(values: readonly number[], count: number): Int8Array {
  return Int8Array.from({ length: count + 1 }, (_, from) => values.find((value) => value >= from) ?? -1)
}

function bits(values: readonly number[], lowest: number): number {
  return values.reduce((mask, value) => mask | (1 << (value - lowest)), 0)
}

function lastDays(length: number): number {
  return 0x7fffffff >>> (31 - length)
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999; this does not. */
function startOfDay(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day)
}
