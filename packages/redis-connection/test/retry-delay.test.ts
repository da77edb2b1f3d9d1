import { expect, test } from 'vitest'
import { createRetryDelay } from '../src/retry-delay.js'

/** A seeded generator, so that the statistics below are always the same. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('spreads the first attempt of 200 processes over 5 s or more, most of them within a second', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = seeded(seed)
    const delays = Array.from({ length: 200 }, () => createRetryDelay(random)(1)).sort((a, b) => a - b)
    expect((delays.at(-1) ?? 0) - (delays[0] ?? 0)).toBeGreaterThanOrEqual(5_000)
    expect(delays.filter((ms) => ms <= 1_000).length).toBeGreaterThan(120)
    expect(delays[100]).toBeLessThan(300)
  }
})

test('never waits longer than 7 s, and spreads evenly in a long outage', () => {
  const random = seeded(7)
  const delays = Array.from({ length: 1_000 }, () => createRetryDelay(random)(50))
  expect(Math.max(...delays)).toBeLessThanOrEqual(7_000)
  expect(delays.filter((ms) => ms < 3_500).length).toBeGreaterThan(400)
  expect(delays.filter((ms) => ms > 3_500).length).toBeGreaterThan(400)
})

test('brings the connections of one process back together', () => {
  let now = 0
  const delay = createRetryDelay(seeded(1), () => now)
  const first = delay(1)
  now = 500
  expect(delay(1)).toBe(first)
  now = 5_000
  expect(delay(1)).not.toBe(first)
})
