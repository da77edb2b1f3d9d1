import { Calendar, type CronFields } from './calendar.js'
import { dateOf, instantOf, type Schedule } from './schedule.js'
import type { ZoneOffsets } from './zone-offsets.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** No zone was ever further from UTC. */
const FARTHEST_OFFSET = 16 * HOUR_MS

/** So no clock change ever moved a wall clock by more. */
const LARGEST_CHANGE = 2 * FARTHEST_OFFSET

/** Longer than any possible schedule pauses. */
const LONGEST_PAUSE = 10 * 366 * 24 * HOUR_MS

/**
 * A five-field cron schedule in one time zone. Clock changes divide schedules in two kinds:
 *
 * - **Some hours selected** (`30 2 * * *`, `0 *\/2 * * *`): the fields name times of day. Each runs once, when the wall clock
 *   first reaches or passes it. A time that the change skips runs at the first instant after the gap, several skipped times
 *   in one gap run once together; a time that the clock shows twice runs the first time.
 * - **All 24 hours selected** (`*\/5 * * * *`, `0 * * * *`, `@hourly`): the fields name a rhythm. It follows real time: it runs
 *   whenever the wall clock shows a selected minute, so it goes on through a repeated hour and makes up for nothing
 *   after a skipped one.
 */
export class CronSchedule implements Schedule {
  readonly spec: string
  readonly timeZone: string
  readonly #calendar: Calendar
  readonly #zone: ZoneOffsets
  readonly #isRhythm: boolean

  constructor(spec: string, fields: CronFields, zone: ZoneOffsets) {
    this.spec = spec
    this.timeZone = zone.timeZone
    this.#calendar = new Calendar(fields)
    this.#zone = zone
    this.#isRhythm = fields.hour.values.length === 24
  }

  /** False when no date can match, as for 30 February. */
  get isPossible(): boolean {
    return this.#calendar.isPossible
  }

  next(after: Date): Date | undefined {
    return dateOf(this.#nextInstant(instantOf(after)))
  }

  /** Halves the time between two instants until nothing lies between: `next` never goes backwards. */
  previous(before: Date): Date | undefined {
    const end = instantOf(before)
    const runsBeforeEnd = (instant: number | undefined): instant is number => instant !== undefined && instant < end

    let back = 2 * MINUTE_MS
    let latest = this.#nextInstant(end - back)
    while (!runsBeforeEnd(latest)) {
      if (back > LONGEST_PAUSE) return undefined
      back *= 4
      latest = this.#nextInstant(end - back)
    }

    let nothingFrom = end
    for (;;) {
      const following = this.#nextInstant(latest)
      if (!runsBeforeEnd(following)) return dateOf(latest)
      const middle = Math.floor((following + nothingFrom) / 2)
      const afterMiddle = this.#nextInstant(middle)
      if (runsBeforeEnd(afterMiddle)) {
        latest = afterMiddle
      } else {
        latest = following
        nothingFrom = middle + 1
      }
    }
  }

  #nextInstant(after: number): number | undefined {
    return this.#isRhythm ? this.#nextShown(after) : this.#nextReached(after)
  }

  /** The first instant after `after` at which the wall clock first reaches or passes a selected time. */
  #nextReached(after: number): number | undefined {
    const wall = this.#calendar.firstFrom(minuteAfter(this.#latestWallUntil(after)))
    if (wall === undefined) return undefined
    let span = this.#zone.spanAt(Math.max(after, wall - FARTHEST_OFFSET))
    while (wall >= span.end + span.offset) span = this.#zone.spanAt(span.end)
    return Math.max(span.start, wall - span.offset)
  }

  /** The latest time the wall clock has shown until `instant`: later than its present time where it was put back. */
  #latestWallUntil(instant: number): number {
    let span = this.#zone.spanAt(instant)
    let latest = instant + span.offset
    while (span.start > instant - LARGEST_CHANGE) {
      span = this.#zone.spanAt(span.start - 1)
      latest = Math.max(latest, span.end - 1 + span.offset)
    }
    return latest
  }

  /** The first instant after `after` at which the wall clock shows a selected time. */
  #nextShown(after: number): number | undefined {
    let from = after
    for (;;) {
      const span = this.#zone.spanAt(from + 1)
      const wall = this.#calendar.firstFrom(minuteAfter(from + span.offset))
      if (wall === undefined) return undefined
      if (wall - span.offset < span.end) return wall - span.offset
      // No clock shows `wall` earlier than FARTHEST_OFFSET before it, and what `from` showed cannot come back after
      // LARGEST_CHANGE: then all in between may be left out.
      const showsOnlyLater = span.end - from > LARGEST_CHANGE
      from = (showsOnlyLater ? Math.max(span.end, wall - FARTHEST_OFFSET) : span.end) - 1
    }
  }
}

/** The first whole minute after `wall`. */
function minuteAfter(wall: number): number {
  return Math.floor(wall / MINUTE_MS) * MINUTE_MS + MINUTE_MS
}
