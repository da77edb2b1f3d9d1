/** When something runs again and again. Made by `parseSchedule`; immutable, so one may be shared. */
export interface Schedule {
  /** The text it was parsed from, unchanged: a part of the lock key. */
  readonly spec: string

  /** The IANA zone whose wall clock counts; undefined for `@every`, which knows no wall clock. */
  readonly timeZone?: string

  /**
   * The first activation strictly after `after`, or undefined when a `Date` cannot hold it.
   * @throws TypeError when `after` is an invalid date
   */
  next(after: Date): Date | undefined

  /**
   * The last activation strictly before `before`, or undefined when a `Date` cannot hold it. Absent for `@every`,
   * whose activations depend on when its process began.
   * @throws TypeError when `before` is an invalid date
   */
  previous?(before: Date): Date | undefined
}

/** The time of `date` in milliseconds since the epoch; an invalid date would otherwise make every search answer nonsense. */
export function instantOf(date: Date): number {
  const instant = date.getTime()
  if (Number.isNaN(instant)) throw new TypeError('A schedule takes a valid Date, got an invalid one.')
  return instant
}

/** `instant` as a `Date`, or undefined beyond the last one that a `Date` can hold. */
export function dateOf(instant: number | undefined): Date | undefined {
  return instant === undefined || !(Math.abs(instant) <= 8.64e15) ? undefined : new Date(instant)
}
