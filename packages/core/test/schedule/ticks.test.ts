import { describe, expect, test } from 'vitest'
import { parseSchedule, tickAfter, tickBefore, tickLockKey } from '../../src/schedule/index.js'

const at = (text: string): Date => new Date(`2030-01-01T${text}Z`)

describe('ticks', () => {
  test('of a cron schedule are its activations', () => {
    const schedule = parseSchedule('*/5 * * * *')
    expect(tickAfter(schedule, at('00:05:00'))).toEqual(at('00:10:00'))
    expect(tickBefore(schedule, at('00:05:00'))).toEqual(at('00:00:00'))
  })

  test.each(['@every 7s', '@every 90m30.7s', '@every 500ms', '@every 24h'])(
    'of %s are whole multiples since the epoch, the same from wherever one looks',
    (spec) => {
      const schedule = parseSchedule(spec)
      const tick = tickAfter(schedule, at('03:21:09.876')) ?? new Date(0)
      const before = tickBefore(schedule, tick) ?? new Date(0)
      const period = tick.getTime() - before.getTime()
      expect(tick.getTime() % period).toBe(0)
      expect(before <= at('03:21:09.876')).toBe(true)
      expect(tickAfter(schedule, before)).toEqual(tick)
      expect(tickAfter(schedule, new Date(tick.getTime() - 1))).toEqual(tick)
      expect(tickBefore(schedule, new Date(tick.getTime() + 1))).toEqual(tick)
    },
  )

  test('end where a Date does', () => {
    const schedule = parseSchedule('@every 1h')
    expect(tickAfter(schedule, new Date(8.64e15))).toBeUndefined()
    expect(tickBefore(schedule, new Date(-8.64e15))).toBeUndefined()
  })

  test('of an invalid date are refused', () => {
    expect(() => tickAfter(parseSchedule('@every 1h'), new Date(Number.NaN))).toThrow(TypeError)
  })
})

test('each tick has a key of its own, beside the one it shares with Go', () => {
  expect(tickLockKey('prog', 'nightly', '0 6 * * *', at('06:00:00'))).toBe(
    'machinery_lock_prognightly0 6 * * *@2030-01-01T06:00:00.000Z',
  )
})
