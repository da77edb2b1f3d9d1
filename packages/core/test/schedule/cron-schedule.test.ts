import { describe, expect, test } from 'vitest'
import { parseSchedule, type Schedule } from '../../src/schedule/index.js'
import { randomFrom } from './random.js'

function between(schedule: Schedule, from: string, to: string): string[] {
  const found: string[] = []
  for (let at = schedule.next(new Date(from)); at && at < new Date(to); at = schedule.next(at)) {
    found.push(at.toISOString().slice(0, 16))
  }
  return found
}

function inZone(timeZone: string, spec: string): Schedule {
  return parseSchedule(spec, { timeZone })
}

describe('when clocks go forward', () => {
  // Paris, 31 March 2024: 02:00 becomes 03:00 at 01:00 UTC.
  const night = ['2024-03-31T00:00:00Z', '2024-03-31T03:00:00Z'] as const

  test('a skipped time runs once, at the first instant after the gap', () => {
    expect(between(inZone('Europe/Paris', '30 2 * * *'), ...night)).toEqual(['2024-03-31T01:00'])
  })

  test('several skipped times run once together', () => {
    expect(between(inZone('Europe/Paris', '*/10 2 * * *'), ...night)).toEqual(['2024-03-31T01:00'])
  })

  test('and not once more when the first instant after the gap is selected too', () => {
    expect(between(inZone('Europe/Paris', '0,30 2,3 * * *'), ...night)).toEqual([
      '2024-03-31T01:00',
      '2024-03-31T01:30',
    ])
  })

  test('an hourly rhythm goes on and makes up for nothing', () => {
    expect(between(inZone('Europe/Paris', '30 * * * *'), ...night)).toEqual([
      '2024-03-31T00:30',
      '2024-03-31T01:30',
      '2024-03-31T02:30',
    ])
  })

  test('a skipped midnight runs on the same day', () => {
    expect(between(inZone('Africa/Cairo', '@daily'), '2024-04-25T12:00Z', '2024-04-26T12:00Z')).toEqual([
      '2024-04-25T22:00',
    ])
  })

  test('a skipped day runs as the next one begins', () => {
    const schedule = inZone('Pacific/Apia', '0 6 * * *')
    expect(between(schedule, '2011-12-29T12:00Z', '2012-01-01T12:00Z')).toEqual([
      '2011-12-29T16:00',
      '2011-12-30T10:00',
      '2011-12-30T16:00',
      '2011-12-31T16:00',
    ])
  })
})

describe('when clocks go back', () => {
  // Paris, 27 October 2024: 03:00 becomes 02:00 at 01:00 UTC.
  const night = ['2024-10-26T23:30:00Z', '2024-10-27T02:30:00Z'] as const

  test('a repeated time runs the first time', () => {
    expect(between(inZone('Europe/Paris', '30 2 * * *'), ...night)).toEqual(['2024-10-27T00:30'])
  })

  test('a time that ends the repeated stretch runs when it is first reached', () => {
    expect(between(inZone('Europe/Paris', '0 3 * * *'), ...night)).toEqual(['2024-10-27T02:00'])
  })

  test('minutes of a chosen hour run in the first of the two hours only', () => {
    expect(between(inZone('Europe/Paris', '*/20 2 * * *'), ...night)).toEqual([
      '2024-10-27T00:00',
      '2024-10-27T00:20',
      '2024-10-27T00:40',
    ])
  })

  test.each(['*/20 * * * *', '*/20 0-23 * * *', '*/20 */1 * * *'])(
    '%s is a rhythm, so it goes on through both',
    (spec) => {
      expect(between(inZone('Europe/Paris', spec), '2024-10-27T00:10Z', '2024-10-27T02:10Z')).toEqual([
        '2024-10-27T00:20',
        '2024-10-27T00:40',
        '2024-10-27T01:00',
        '2024-10-27T01:20',
        '2024-10-27T01:40',
        '2024-10-27T02:00',
      ])
    },
  )

  test('every second hour names times, so each runs once', () => {
    expect(between(inZone('Europe/Paris', '0 */2 * * *'), '2024-10-26T21:00Z', '2024-10-27T04:00Z')).toEqual([
      '2024-10-26T22:00',
      '2024-10-27T00:00',
      '2024-10-27T03:00',
    ])
  })
})

describe('far dates', () => {
  test('a leap day is found across eight years without one', () => {
    const schedule = inZone('Europe/Paris', '0 0 29 2 *')
    expect(schedule.next(new Date('2096-03-01T00:00:00Z'))).toEqual(new Date('2104-02-28T23:00:00Z'))
    expect(schedule.previous?.(new Date('2104-02-01T00:00:00Z'))).toEqual(new Date('2096-02-28T23:00:00Z'))
    expect(inZone('UTC', '* * 29 2 *').next(new Date('2096-02-29T23:59:00Z'))).toEqual(new Date('2104-02-29T00:00:00Z'))
  })

  test('the first century is not taken for the twentieth', () => {
    expect(inZone('UTC', '0 0 1 1 *').next(new Date('0050-06-01T00:00:00Z'))).toEqual(new Date('0051-01-01T00:00:00Z'))
  })

  test('offsets with seconds, as Liberia had until 1972, are kept', () => {
    const schedule = inZone('Africa/Monrovia', '0 6 * * *')
    expect(schedule.next(new Date('1971-06-01T00:00:00Z'))).toEqual(new Date('1971-06-01T06:44:30Z'))
    expect(schedule.previous?.(new Date('1971-06-01T06:44:31Z'))).toEqual(new Date('1971-06-01T06:44:30Z'))
  })

  test('there is nothing beyond the last date', () => {
    const last = new Date(8.64e15)
    for (const spec of ['* * * * *', '0 0 * * *', '@every 1s', '@every 2562047h']) {
      const schedule = inZone('UTC', spec)
      expect(schedule.next(last)).toBeUndefined()
      expect(schedule.next(new Date(8.64e15 - 500))).toEqual(spec === '@every 2562047h' ? undefined : last)
    }
    expect(inZone('Asia/Tokyo', '0 0 * * *').next(last)).toBeUndefined()
  })

  test('there is nothing before the first date', () => {
    for (const spec of ['* * * * *', '0 0 29 2 *']) {
      expect(inZone('UTC', spec).previous?.(new Date(-8.64e15))).toBeUndefined()
    }
  })

  test('a sparse schedule is found in less than a millisecond', () => {
    for (const spec of ['0 0 29 2 *', '30 * 29 2 *', '59 23 31 12 *']) {
      const schedule = inZone('America/New_York', spec)
      const times = Array.from({ length: 9 }, (_, i) => {
        const start = performance.now()
        schedule.next(new Date(Date.UTC(2096 + i * 40, 2, 1)))
        return performance.now() - start
      })
      expect(Math.min(...times)).toBeLessThan(1)
    }
  })
})

test('an invalid date is a TypeError', () => {
  const invalid = new Date(Number.NaN)
  expect(() => parseSchedule('* * * * *').next(invalid)).toThrow(TypeError)
  expect(() => parseSchedule('* * * * *').previous?.(invalid)).toThrow(TypeError)
  expect(() => parseSchedule('@every 1s').next(invalid)).toThrow(TypeError)
})

describe('any spec in any zone', () => {
  const zones = ['UTC', 'Europe/Paris', 'America/Havana', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Kathmandu']

  function randomSpec(random: () => number): string {
    const field = (min: number, max: number): string => {
      const value = (): number => min + Math.floor(random() * (max - min + 1))
      const [low, high] = [value(), value()].sort((a, b) => a - b)
      const choices = [
        '*',
        `*/${value() + 1}`,
        `${low}`,
        `${low}-${high}`,
        `${low}-${high}/3`,
        `${low}/7`,
        `${low},${high}`,
      ]
      return choices[Math.floor(random() * choices.length)] ?? '*'
    }
    return [field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)].join(' ')
  }

  test('next and previous undo each other, never go backwards, and agree from every instant between two activations', () => {
    const random = randomFrom('properties')
    for (let i = 0; i < 600; i++) {
      const spec = randomSpec(random)
      const timeZone = zones[i % zones.length] ?? 'UTC'
      const schedule = inZone(timeZone, spec)
      const from = new Date(Date.UTC(2015, 0, 1) + Math.floor(random() * 20 * 365 * 86_400_000))
      const first = schedule.next(from) as Date
      const second = schedule.next(first) as Date
      const inside = new Date(first.getTime() + Math.floor(random() * (second.getTime() - first.getTime())))
      const label = `${spec} ${timeZone} after ${from.toISOString()}`
      expect(first > from && second > first, label).toBe(true)
      expect(first.getTime() % 60_000, label).toBe(0)
      expect(schedule.next(inside), label).toEqual(second)
      expect(schedule.next(new Date(second.getTime() - 1)), label).toEqual(second)
      expect(schedule.previous?.(second), label).toEqual(first)
      expect(schedule.previous?.(new Date(inside.getTime() + 1)), label).toEqual(first)
    }
  })

  test('answers stay the same after more dates than a zone remembers', () => {
    const schedule = inZone('Europe/Paris', '30 2 * * *')
    const ask = (): string[] => between(schedule, '2019-01-01T00:00Z', '2021-01-01T00:00Z')
    const before = ask()
    expect(between(schedule, '1990-01-01T00:00Z', '2030-01-01T00:00Z')).toHaveLength(40 * 365 + 10)
    expect(ask()).toEqual(before)
  })
})
