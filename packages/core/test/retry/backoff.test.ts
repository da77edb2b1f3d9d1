import { describe, expect, test } from 'vitest'
import { exponential, fibonacci, fibonacciNext, fixed, reconnectBackoff } from '../../src/retry/index.js'

const attempts = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const half = () => 0.5

describe('fibonacciNext', () => {
  test('gives the delays of Machinery from 0 on', () => {
    const delays: number[] = []
    for (let last = 0; delays.length < 20; last = delays.at(-1) ?? 0) delays.push(fibonacciNext(last))
    expect(delays).toEqual([1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765, 10946])
  })

  test.each([
    [4, 5],
    [10, 13],
    [-7, 1],
    [1.5, 2],
    [5, 8],
  ])('after %d comes %d', (after, next) => {
    expect(fibonacciNext(after)).toBe(next)
  })

  test('ends, whatever it is asked', () => {
    const largest = 8_944_394_323_791_464
    expect(fibonacciNext(largest - 1)).toBe(largest)
    expect(fibonacciNext(largest)).toBe(largest)
    expect(fibonacciNext(Number.POSITIVE_INFINITY)).toBe(largest)
    expect(() => fibonacciNext(Number.NaN)).toThrow(RangeError)
  })
})

describe('backoff', () => {
  test('fixed waits the same each time', () => {
    expect(attempts(3).map((attempt) => fixed('5s').delayMs(attempt))).toEqual([5000, 5000, 5000])
  })

  test('exponential doubles up to its maximum', () => {
    const backoff = exponential('1s', { max: '5m', jitter: 0 })
    expect(attempts(11).map((attempt) => backoff.delayMs(attempt))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
    ])
    expect(backoff.delayMs(1e9)).toBe(300_000)
    expect(exponential(0, { jitter: 0 }).delayMs(1e9)).toBe(0)
    expect(exponential('1s', { factor: 3, jitter: 0 }).delayMs(3)).toBe(9000)
    expect(exponential('1s', { jitter: 0 }).delayMs(100)).toBe(3_600_000)
  })

  test('exponential leaves the part to chance that jitter says, half of it by default', () => {
    expect(exponential('1s').delayMs(2, () => 0)).toBe(2000)
    expect(exponential('1s').delayMs(2, () => 0.999_999)).toBeCloseTo(1000, 0)
    expect(exponential('1s', { jitter: 1 }).delayMs(2, half)).toBe(1000)
    const spread = new Set(attempts(50).map(() => exponential('1s').delayMs(4)))
    expect(spread.size).toBeGreaterThan(40)
    for (const ms of spread) expect(ms >= 4000 && ms <= 8000).toBe(true)
  })

  test('fibonacci waits as Machinery does, in its unit, up to its maximum', () => {
    expect(attempts(7).map((attempt) => fibonacci().delayMs(attempt))).toEqual([
      1000, 2000, 3000, 5000, 8000, 13_000, 21_000,
    ])
    expect(fibonacci({ unit: '100ms', max: '1s' }).delayMs(4)).toBe(500)
    expect(fibonacci({ unit: '100ms', max: '1s' }).delayMs(9)).toBe(1000)
    expect(fibonacci({ unit: 0 }).delayMs(1e9)).toBe(0)
    expect(Number.isFinite(fibonacci().delayMs(1e9))).toBe(true)
  })

  test('refuses options out of bounds, with their value', () => {
    expect(() => fixed(-1)).toThrow('fixed() backoff must be 0 or more milliseconds and finite, got -1')
    expect(() => exponential('1s', { factor: 0.5 })).toThrow('factor must be 1 or more, got 0.5')
    expect(() => exponential('1s', { jitter: 2 })).toThrow('jitter must be 0 to 1, got 2')
    expect(() => exponential('1s', { max: 'x' as never })).toThrow('exponential() max is no duration: "x"')
    expect(() => exponential('1s').delayMs(0)).toThrow('counted from 1, got 0')
    expect(() => fibonacci().delayMs(Number.NaN)).toThrow(RangeError)
  })
})

describe('reconnectBackoff', () => {
  test('doubles its bound up to the maximum, and starts over after a reset', () => {
    const backoff = reconnectBackoff({ firstMs: 100, maxMs: 1000, random: half })
    expect(attempts(6).map(() => backoff.next())).toEqual([50, 100, 200, 400, 500, 500])
    backoff.reset()
    expect(backoff.next()).toBe(50)
  })

  test('spreads 200 clients over at least 5 s after repeated failures, and nobody waits longer than 8 s', () => {
    const pauses = attempts(200).map(() => {
      const backoff = reconnectBackoff()
      for (let failure = 0; failure < 10; failure++) backoff.next()
      return backoff.next()
    })
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThanOrEqual(5000)
    expect(Math.max(...pauses)).toBeLessThan(8000)
    // No second in which a crowd arrives: 25 are expected in each eighth.
    const perSecond = Map.groupBy(pauses, (ms) => Math.floor(ms / 1000))
    for (const clients of perSecond.values()) expect(clients.length).toBeLessThan(60)
  })

  test('tries again quickly after a first failure', () => {
    expect(reconnectBackoff({ random: () => 0.999 }).next()).toBeLessThan(100)
  })

  test('refuses bounds that are not above 0', () => {
    expect(() => reconnectBackoff({ firstMs: 0 })).toThrow('firstMs must be above 0 milliseconds, got 0')
    expect(() => reconnectBackoff({ maxMs: Number.NaN })).toThrow('maxMs')
  })
})
