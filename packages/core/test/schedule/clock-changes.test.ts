import { describe, expect, test } from 'vitest'
import { parseSchedule } from '../../src/schedule/index.js'
import { readWallClock, type ScanSpec, scan, type WallClock } from './brute-force.js'
import { randomFrom } from './random.js'

const anyDay = (): boolean => true

const SPECS: readonly ScanSpec[] = [
  { spec: '30 2 * * *', time: (h, m) => h === 2 && m === 30, day: anyDay },
  { spec: '@daily', time: (h, m) => h === 0 && m === 0, day: anyDay },
  { spec: '15 1,2,3 * * *', time: (h, m) => h >= 1 && h <= 3 && m === 15, day: anyDay },
  { spec: '*/20 0-3 ? * *', time: (h, m) => h <= 3 && m % 20 === 0, day: anyDay },
  { spec: '0 */2 * * *', time: (h, m) => h % 2 === 0 && m === 0, day: anyDay },
  { spec: '10-50/20 1/3 * * *', time: (h, m) => h % 3 === 1 && [10, 30, 50].includes(m), day: anyDay },
  { spec: '59 23 * * 6', time: (h, m) => h === 23 && m === 59, day: (_, __, weekday) => weekday === 6 },
  { spec: '45 0 * * Mon-FRI', time: (h, m) => h === 0 && m === 45, day: (_, __, w) => w >= 1 && w <= 5 },
  { spec: '0 1 13 * 5', time: (h, m) => h === 1 && m === 0, day: (date, _, w) => date === 13 || w === 5 },
  { spec: '0 3 */2 * 0', time: (h, m) => h === 3 && m === 0, day: (date, _, w) => date % 2 === 1 || w === 0 },
  { spec: '0 3 */1 * 0', time: (h, m) => h === 3 && m === 0, day: (_, __, w) => w === 0 },
  { spec: '0 3 29 feb *', time: (h, m) => h === 3 && m === 0, day: (date, month) => date === 29 && month === 2 },
  { spec: '45 23 31 * ?', time: (h, m) => h === 23 && m === 45, day: (date) => date === 31 },
  { spec: '@monthly', time: (h, m) => h === 0 && m === 0, day: (date) => date === 1 },
  { spec: '* 1-2 * * *', time: (h) => h === 1 || h === 2, day: anyDay },
  { spec: '@hourly', time: (_, m) => m === 0, day: anyDay, isRhythm: true },
  { spec: '30 0-23 * * *', time: (_, m) => m === 30, day: anyDay, isRhythm: true },
  { spec: '30 * * * sat', time: (_, m) => m === 30, day: (_, __, weekday) => weekday === 6, isRhythm: true },
  { spec: '*/5 * * * *', time: (_, m) => m % 5 === 0, day: anyDay, isRhythm: true },
  { spec: '* * * * *', time: () => true, day: anyDay, isRhythm: true },
  {
    spec: '*/15 */1 * 3,10 sun',
    time: (_, m) => m % 15 === 0,
    day: (_, month, w) => (month === 3 || month === 10) && w === 0,
    isRhythm: true,
  },
]

const ZONES = [
  'UTC',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Africa/El_Aaiun',
  'Africa/Johannesburg',
  'Africa/Juba',
  'America/Adak',
  'America/Asuncion',
  'America/Chicago',
  'America/Godthab',
  'America/Havana',
  'America/Los_Angeles',
  'America/Mexico_City',
  'America/New_York',
  'America/Santiago',
  'America/Sao_Paulo',
  'America/Scoresbysund',
  'America/St_Johns',
  'Antarctica/Casey',
  'Antarctica/Troll',
  'Asia/Almaty',
  'Asia/Amman',
  'Asia/Beirut',
  'Asia/Damascus',
  'Asia/Gaza',
  'Asia/Jerusalem',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Tehran',
  'Asia/Tokyo',
  'Atlantic/Azores',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Europe/Dublin',
  'Europe/London',
  'Europe/Paris',
  'Europe/Volgograd',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Easter',
]

const DAY_MS = 86_400_000

/** Where `instant` belongs in `sorted`: the index of the first element after it. */
function indexAfter(sorted: readonly number[], instant: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) > instant) high = middle
    else low = middle + 1
  }
  return low
}

/** Each place where the schedule and the scan differ; nothing outside the scanned time is judged. */
function mismatches(spec: ScanSpec, timeZone: string, clock: WallClock): string[] {
  const schedule = parseSchedule(spec.spec, { timeZone })
  const runs = scan(clock, spec)
  const start = clock.firstMinute * 60_000
  const end = start + clock.shown.length * 60_000
  const changes = clock.jumps.map((index) => start + index * 60_000)
  const found: string[] = []
  const check = (what: 'next' | 'previous', from: number): void => {
    const actual = schedule[what]?.(new Date(from))?.getTime() ?? Number.NaN
    const expected = what === 'next' ? runs[indexAfter(runs, from)] : runs[indexAfter(runs, from - 1) - 1]
    const isAgreed = expected === undefined ? !(actual >= start && actual < end) : actual === expected
    if (isAgreed) return
    const show = (instant: number | undefined): string =>
      instant === undefined || Number.isNaN(instant) ? 'none' : new Date(instant).toISOString()
    found.push(`${spec.spec} ${timeZone}: ${what} of ${show(from)} is ${show(actual)}, not ${show(expected)}`)
  }

  const isDense = runs.length > 12_000
  for (let i = 0; i < runs.length; i += isDense ? 101 : 1) check('next', runs[i] as number)
  if (isDense) {
    for (const change of changes) {
      const end = indexAfter(runs, change + DAY_MS)
      for (let i = indexAfter(runs, change - DAY_MS); i < end; i++) check('next', runs[i] as number)
    }
  }
  const random = randomFrom(spec.spec + timeZone)
  for (let i = 0; i < 40; i++) check('next', start + Math.floor(random() * (end - start)))
  for (let i = 0; i < 10; i++) check('previous', start + Math.floor(random() * (end - start)))
  for (const change of changes) {
    for (const from of [change - 1, change, change + 1, change + 1_800_000, change + 3_600_000, change + DAY_MS]) {
      check('next', from)
      check('previous', from)
    }
  }
  return found
}

describe('S05: five years of minutes in 40 zones, against a scan of every minute', () => {
  const from = new Date('2020-01-01T00:00:00Z')
  const to = new Date('2025-01-01T00:00:00Z')

  test.each(ZONES)('agrees with the scan in %s', (timeZone) => {
    const clock = readWallClock(timeZone, from, to)
    expect(SPECS.flatMap((spec) => mismatches(spec, timeZone, clock))).toEqual([])
  })

  test('the scan saw the clock changes it is about', () => {
    expect(new Set(ZONES).size).toBe(40)
    expect(readWallClock('Europe/Paris', from, to).jumps).toHaveLength(10)
    expect(readWallClock('Africa/Casablanca', from, to).jumps).toHaveLength(10)
    expect(readWallClock('UTC', from, to).jumps).toHaveLength(0)
  })
})

describe('changes that are not summer time', () => {
  test.each([
    ['Pacific/Apia', 'a skipped day', '2011-11-01', '2012-06-01'],
    ['America/Caracas', 'half an hour back, then forth', '2007-11-01', '2008-01-01'],
    ['America/Caracas', 'half an hour forth', '2016-04-01', '2016-06-01'],
    ['Asia/Pyongyang', 'half an hour back', '2015-07-01', '2015-09-01'],
    ['Europe/Samara', 'an hour, twice in half a year', '2010-02-01', '2011-05-01'],
    ['America/Metlakatla', 'summer time given up and taken back', '2015-09-01', '2019-04-01'],
    ['Pacific/Kwajalein', 'a skipped day', '1993-07-01', '1993-10-01'],
    ['America/Boa_Vista', 'a change undone within a week', '2000-09-01', '2000-12-01'],
    ['America/Goose_Bay', 'changes at one minute past midnight', '2009-02-01', '2010-12-01'],
  ])('agrees with the scan in %s: %s', (timeZone, _, from, to) => {
    const clock = readWallClock(timeZone, new Date(from), new Date(to))
    expect(clock.jumps.length).toBeGreaterThan(0)
    expect(SPECS.flatMap((spec) => mismatches(spec, timeZone, clock))).toEqual([])
  })
})
