import { expect, test } from 'vitest'
import { lockKey, lockUntil, parseSchedule } from '../../src/schedule/index.js'

test('the lock key is that of Machinery, without separators', () => {
  expect(lockKey('t4', 'periodic-task', '*/5 * * * *')).toBe('machinery_lock_t4periodic-task*/5 * * * *')
  expect(lockKey('prog', 'nightly', '0 6 * * *')).toBe('machinery_lock_prognightly0 6 * * *')
})

test('the lock ends one nanosecond before the next activation', () => {
  const schedule = parseSchedule('*/5 * * * *', { timeZone: 'UTC' })
  expect(lockUntil(schedule, new Date('2024-01-31T23:58:01.500Z'))).toBe(1706745599999999999n)
  expect(lockUntil(schedule, new Date('2024-02-01T00:00:00Z'))).toBe(1706745899999999999n)
})

test('the lock of @every ends one nanosecond before the interval does', () => {
  expect(lockUntil(parseSchedule('@every 5s'), new Date('2024-02-01T00:00:00.999Z'))).toBe(1706745604999999999n)
})

test('a schedule without a next activation has no lock', () => {
  expect(() => lockUntil(parseSchedule('@every 1s'), new Date(8.64e15))).toThrow(
    'Schedule "@every 1s" has no activation after +275760-09-13T00:00:00.000Z, so its lock has no end.',
  )
})
