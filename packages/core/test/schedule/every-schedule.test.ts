import { describe, expect, test } from 'vitest'
import { parseSchedule } from '../../src/schedule/index.js'

function secondsOf(spec: string): number {
  const start = new Date('2024-05-01T12:00:00Z')
  return ((parseSchedule(spec).next(start)?.getTime() ?? Number.NaN) - start.getTime()) / 1000
}

describe('@every', () => {
  test.each([
    ['@every 1s', 1],
    ['@every 90m30.7s', 5430],
    ['@every 500ms', 1],
    ['@every 1500ms', 1],
    ['@every 0', 1],
    ['@every 1h1h', 7200],
    ['@every 1.5h', 5400],
    ['@every .5m', 30],
    ['@every +2m', 120],
    ['@every 3000000us', 3],
    ['@every 3000000\u00b5s', 3],
    ['@every 3000000\u03bcs', 3],
    ['@every 2000000000ns', 2],
    ['@every 2562047h47m16s', 9_223_372_036],
  ])('%s is %i s', (spec, seconds) => {
    expect(secondsOf(spec)).toBe(seconds)
  })

  test.each(['', ' ', '5', '1d', '1H', '-1s', '1.s.', '1 h', '1e3s', '2562047h47m17s', 'NaNs', '.s', '1.5.5s'])(
    'refuses the duration "%s"',
    (duration) => {
      expect(() => parseSchedule(`@every ${duration}`)).toThrow(/^Invalid schedule /)
    },
  )

  test('the next activation is the wake-up, rounded down to the second, plus the duration', () => {
    const schedule = parseSchedule('@every 5s')
    expect(schedule.next(new Date('2024-05-01T12:00:01.999Z'))).toEqual(new Date('2024-05-01T12:00:06Z'))
    expect(schedule.next(new Date('2024-05-01T12:00:02Z'))).toEqual(new Date('2024-05-01T12:00:07Z'))
    expect(schedule.next(new Date(-1))).toEqual(new Date(4000))
  })

  test('late wake-ups do not shorten the next interval', () => {
    const schedule = parseSchedule('@every 10s')
    const due = schedule.next(new Date('2024-05-01T12:00:00Z')) as Date
    const woken = new Date(due.getTime() + 2_345)
    expect(schedule.next(woken)).toEqual(new Date('2024-05-01T12:00:22Z'))
  })

  test('has no previous activation, because its phase is that of the process', () => {
    expect(parseSchedule('@every 5s').previous).toBeUndefined()
  })
})
