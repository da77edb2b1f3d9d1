/**
 * Finds activations by looking at every minute. Shares nothing with the code under test: the specs' meaning is written
 * as predicates by hand, and wall clocks are read field by field from Intl.
 */
export interface ScanSpec {
  readonly spec: string
  readonly time: (hour: number, minute: number) => boolean
  /** `month` from 1, `weekday` from 0 for Sunday. */
  readonly day: (date: number, month: number, weekday: number) => boolean
  /** Selects all hours, so it follows real time; otherwise each wall-clock time counts once. */
  readonly isRhythm?: true
}

/** What a zone's wall clock shows at each real minute, in minutes since the epoch. */
export interface WallClock {
  readonly firstMinute: number
  readonly shown: Int32Array
  /** Indexes of minutes at which the clock jumped. */
  readonly jumps: readonly number[]
}

const MINUTE_MS = 60_000

/** Reads the clock once an hour, and every minute of the hours in which it jumps. */
export function readWallClock(timeZone: string, from: Date, to: Date): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const firstMinute = from.getTime() / MINUTE_MS
  const read = (index: number): number => {
    const text = format.format((firstMinute + index) * MINUTE_MS) // MM/DD/YYYY, HH:MM
    const field = (start: number, end: number): number => Number(text.slice(start, end))
    return Date.UTC(field(6, 10), field(0, 2) - 1, field(3, 5), field(12, 14), field(15, 17)) / MINUTE_MS
  }
  const shown = new Int32Array(to.getTime() / MINUTE_MS - firstMinute)
  const jumps: number[] = []
  let atHour = read(0)
  for (let hour = 0; hour < shown.length; hour += 60) {
    const atNextHour = read(hour + 60)
    const isSteady = atNextHour - atHour === 60
    for (let minute = 0; minute < 60; minute++) {
      const index = hour + minute
      shown[index] = isSteady ? atHour + minute : read(index)
      if (index > 0 && at(shown, index) - at(shown, index - 1) !== 1) jumps.push(index)
    }
    atHour = atNextHour
  }
  return { firstMinute, shown, jumps }
}

/** The instants at which `spec` runs, in milliseconds since the epoch. Days on which the clock does not jump are all alike. */
export function scan({ firstMinute, shown, jumps }: WallClock, { time, day, isRhythm }: ScanSpec): number[] {
  const times = Array.from({ length: 1440 }, (_, minute) => minute).filter((m) => time(Math.floor(m / 60), m % 60))
  const isTimeSelected = new Set(times)
  const isDaySelected = (midnight: number): boolean => {
    const date = new Date(midnight * MINUTE_MS)
    return day(date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCDay())
  }
  const isSelected = (wall: number): boolean => isTimeSelected.has(wall % 1440) && isDaySelected(wall - (wall % 1440))

  const instants: number[] = []
  const run = (index: number): void => void instants.push((firstMinute + index) * MINUTE_MS)
  let reached = at(shown, 0) - 1
  for (let index = 0; index < shown.length; ) {
    const wall = at(shown, index)
    const isPlainDay = wall % 1440 === 0 && wall === reached + 1 && at(shown, index + 1440, wall) === wall + 1440
    if (isPlainDay && !jumps.some((jump) => jump > index && jump <= index + 1440)) {
      if (isDaySelected(wall)) for (const minute of times) run(index + minute)
      index += 1440
      reached += 1440
      continue
    }
    if (isRhythm) {
      if (isSelected(wall)) run(index)
    } else {
      // The clock has reached, or jumped over, every time up to the one it shows.
      let runs = false
      for (let passed = reached + 1; passed <= wall; passed++) runs ||= isSelected(passed)
      if (runs) run(index)
    }
    reached = Math.max(reached, wall)
    index++
  }
  return instants
}

function at(minutes: Int32Array, index: number, beyond?: number): number {
  const minute = minutes[index] ?? beyond
  if (minute === undefined) throw new RangeError(`no minute ${index}`)
  return minute
}
