import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../src/errors/index.js'
import {
  formatTime,
  isWireTime,
  nowText,
  parseTime,
  toUnixNanos,
  WireDate,
  zeroTime,
} from '../../src/signature/index.js'

describe('parseTime', () => {
  test.each([
    ['2024-01-02T03:04:05Z', Date.UTC(2024, 0, 2, 3, 4, 5)],
    ['2024-01-02T03:04:05.1Z', Date.UTC(2024, 0, 2, 3, 4, 5, 100)],
    ['2024-01-02T03:04:05.120Z', Date.UTC(2024, 0, 2, 3, 4, 5, 120)],
    ['2030-01-02T03:04:05.678901234Z', Date.UTC(2030, 0, 2, 3, 4, 5, 678)],
    ['2030-01-02T03:04:05.6789012345678Z', Date.UTC(2030, 0, 2, 3, 4, 5, 678)],
    ['2024-01-02T03:04:05+01:00', Date.UTC(2024, 0, 2, 2, 4, 5)],
    ['2024-01-02T03:04:05-07:30', Date.UTC(2024, 0, 2, 10, 34, 5)],
    ['2024-02-29T23:59:59-23:59', Date.UTC(2024, 2, 1, 23, 58, 59)],
    ['0001-01-01T00:00:00Z', -62135596800000],
    ['0099-12-31T00:00:00Z', Date.parse('0099-12-31T00:00:00Z')],
    ['9999-12-31T23:59:59.999Z', 253402300799999],
  ])('reads %s', (text, ms) => {
    const date = parseTime(text)
    expect(date.getTime()).toBe(ms)
    expect(date.text).toBe(text)
    expect(formatTime(date)).toBe(text)
  })

  test.each([
    ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
    [
      '2024-01-02T03:04:05',
      'parsing time "2024-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
    ],
    ['2024-01-02', 'cannot parse it as RFC 3339'],
    ['2024-01-02 03:04:05Z', 'cannot parse it as RFC 3339'],
    ['2024-01-02T03:04:05z', 'cannot parse it as RFC 3339'],
    ['2024-01-02T03:04:05.Z', 'cannot parse it as RFC 3339'],
    ['2024-01-02T03:04:05+0100', 'cannot parse it as RFC 3339'],
    ['x2024-01-02T03:04:05Z', 'cannot parse it as RFC 3339'],
    ['2024-13-02T03:04:05Z', 'parsing time "2024-13-02T03:04:05Z": month out of range'],
    ['2024-00-02T03:04:05Z', 'month out of range'],
    ['2023-02-29T03:04:05Z', 'day out of range'],
    ['2024-01-00T03:04:05Z', 'day out of range'],
    ['2024-01-32T03:04:05Z', 'day out of range'],
    ['2024-01-02T24:00:00Z', 'hour out of range'],
    ['2024-01-02T03:60:05Z', 'minute out of range'],
    ['2024-01-02T03:04:60Z', 'second out of range'],
    ['2024-01-02T03:04:05+24:00', 'time zone offset hour out of range'],
    ['2024-01-02T03:04:05+01:60', 'time zone offset minute out of range'],
  ])('refuses %j', (text, message) => {
    expect(() => parseTime(text)).toThrow(InvalidArgumentError)
    expect(() => parseTime(text)).toThrow(message)
  })

  test('does not repeat long rubbish', () => {
    expect(() => parseTime('x'.repeat(1e6))).toThrow(/^parsing time "x{64}" as/)
  })
})

describe('formatTime', () => {
  test.each([
    ['2024-01-02T03:04:05.123Z', '2024-01-02T03:04:05.123Z'],
    ['2024-01-02T03:04:05.120Z', '2024-01-02T03:04:05.12Z'],
    ['2024-01-02T03:04:05.100Z', '2024-01-02T03:04:05.1Z'],
    ['2024-01-02T03:04:05.020Z', '2024-01-02T03:04:05.02Z'],
    ['2024-01-02T03:04:05.003Z', '2024-01-02T03:04:05.003Z'],
    ['2024-01-02T03:04:00.000Z', '2024-01-02T03:04:00Z'],
    ['0001-01-01T00:00:00.000Z', zeroTime],
  ])('writes %s as %s', (iso, text) => {
    expect(formatTime(new Date(iso))).toBe(text)
    expect(nowText(Date.parse(iso))).toBe(text)
  })

  test('writes a WireDate that was moved anew', () => {
    const date = parseTime('2024-01-02T03:04:05.123456789+01:00')
    expect(date.isUnchanged).toBe(true)
    date.setUTCFullYear(2025)
    expect(date.isUnchanged).toBe(false)
    expect(formatTime(date)).toBe('2025-01-02T02:04:05.123Z')
  })

  test('refuses what Go cannot write', () => {
    expect(() => formatTime(new Date(Number.NaN))).toThrow('Invalid Date is not a time between the years 1 and 9999.')
    expect(() => formatTime(new Date(Date.parse(zeroTime) - 1))).toThrow(InvalidArgumentError)
    expect(() => formatTime(new Date(253402300800000))).toThrow(InvalidArgumentError)
    expect(isWireTime(new Date(253402300799999))).toBe(true)
    expect(isWireTime(new Date(Number.NaN))).toBe(false)
  })
})

describe('nowText', () => {
  test('agrees with formatTime, second after second and back', () => {
    const start = Date.UTC(2026, 10, 22, 19, 23, 9, 905)
    for (const ms of [0, 1, 94, 95, 96, 1095, -906, -905, -1000, 5]) {
      expect(nowText(start + ms)).toBe(formatTime(new Date(start + ms)))
    }
    expect(nowText(-1)).toBe('1969-12-31T23:59:59.999Z')
    expect(nowText(1234.9)).toBe('1970-01-01T00:00:01.234Z')
  })

  test('is now without an argument', () => {
    const before = Date.now()
    const now = parseTime(nowText()).getTime()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(Date.now())
  })
})

describe('toUnixNanos', () => {
  test.each([
    ['2030-01-02T03:04:05.678901234Z', 1893553445678901234n],
    ['2030-01-02T03:04:05.678901234567Z', 1893553445678901234n],
    ['2030-01-02T03:04:05.6789Z', 1893553445678900000n],
    ['2030-01-02T03:04:05Z', 1893553445000000000n],
    ['2030-01-02T04:04:05.1+01:00', 1893553445100000000n],
    ['1969-12-31T23:59:59.999999999Z', -1n],
    [zeroTime, -62135596800000000000n],
  ])('of %s is exact', (text, nanos) => {
    expect(toUnixNanos(text)).toBe(nanos)
    expect(toUnixNanos(parseTime(text))).toBe(nanos)
  })

  test('of a Date is its milliseconds', () => {
    expect(toUnixNanos(new Date(1893553445678))).toBe(1893553445678000000n)
    const moved = new WireDate(0, '1970-01-01T00:00:00.000000001Z')
    expect(toUnixNanos(moved)).toBe(1n)
    moved.setTime(5)
    expect(toUnixNanos(moved)).toBe(5_000_000n)
  })

  test('refuses what is no time', () => {
    expect(() => toUnixNanos(new Date(Number.NaN))).toThrow(InvalidArgumentError)
    expect(() => toUnixNanos('x')).toThrow(InvalidArgumentError)
  })
})
