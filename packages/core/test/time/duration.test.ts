import { describe, expect, expectTypeOf, test } from 'vitest'
import { type Duration, formatGoDuration, toMilliseconds } from '../../src/time/index.js'

describe('toMilliseconds', () => {
  test.each([
    [0, 0],
    [1.5, 1.5],
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['3d', 259_200_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['1d2h3m4s5ms', 93_784_005],
  ])('reads %j as %d', (duration, ms) => {
    expect(toMilliseconds(duration)).toBe(ms)
  })

  test.each(['', '5', '-1s', '1 s', '1S', '1y', 's', '1s!', '1e3s', '.5s', '1.s', '1h-30m', ' 1s', '9'.repeat(200)])(
    'refuses the text %j and names it',
    (text) => {
      expect(() => toMilliseconds(text, 'timeout')).toThrow(RangeError)
      expect(() => toMilliseconds(text, 'timeout')).toThrow(/^timeout is no duration: "/)
    },
  )

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])('refuses the number %d and names it', (number) => {
    expect(() => toMilliseconds(number, 'timeout')).toThrow(RangeError)
    expect(() => toMilliseconds(number, 'timeout')).toThrow(
      `timeout must be 0 or more milliseconds and finite, got ${number}`,
    )
  })

  test('refuses text that adds up to more than a double counts exactly', () => {
    expect(() => toMilliseconds('999999999999d')).toThrow('too long')
  })

  test.each([null, undefined, {}, true, 5n])('refuses %s as the wrong type', (value) => {
    expect(() => toMilliseconds(value as never)).toThrow(TypeError)
  })

  test('lets only text with a known unit pass as a Duration', () => {
    expectTypeOf<'1h30m'>().toExtend<Duration>()
    expectTypeOf<'1.5s'>().toExtend<Duration>()
    // @ts-expect-error: no such unit
    const wrong: Duration = '3 weeks'
    expect(wrong).toBeDefined()
  })
})

describe('formatGoDuration', () => {
  test.each([
    [0, '0s'],
    [0.000001, '1ns'],
    [0.0015, '1.5µs'],
    [0.25, '250µs'],
    [1, '1ms'],
    [1.5, '1.5ms'],
    [500, '500ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [90_000, '1m30s'],
    [90_500, '1m30.5s'],
    [14_400_000, '4h0m0s'],
    [259_200_000, '72h0m0s'],
    [-1500, '-1.5s'],
    [400 * 86_400_000 + 1, '9600h0m0.001s'],
  ])('prints %d ms as %s', (ms, text) => {
    expect(formatGoDuration(ms)).toBe(text)
  })

  test('refuses what is not finite', () => {
    expect(() => formatGoDuration(Number.NaN)).toThrow(RangeError)
    expect(() => formatGoDuration(Number.POSITIVE_INFINITY)).toThrow(RangeError)
  })
})
