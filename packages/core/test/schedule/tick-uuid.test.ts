import { expect, test } from 'vitest'
import { tickUuid } from '../../src/schedule/index.js'

const tick = new Date('2024-02-01T06:00:00Z')

test('the id is the same in every process and release', () => {
  expect(tickUuid('task', 'prog', 'nightly', '0 6 * * *', tick)).toBe('task_018cb27f-120d-8a01-87bb-0767f7e7599e')
})

test('the id is a UUID of version 8 behind the prefix of its kind', () => {
  for (let i = 0; i < 200; i++) {
    const uuid = tickUuid('chord', 'prog', 'nightly', '0 6 * * *', new Date(tick.getTime() + i * 60_000))
    expect(uuid).toMatch(/^chord_[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})

test('anything that tells two sends apart gives another id, also where the parts run together', () => {
  const ids = [
    tickUuid('task', 'prog', 'nightly', '0 6 * * *', tick),
    tickUuid('task', 'prog', 'nightly', '0 6 * * *', tick, 1),
    tickUuid('group', 'prog', 'nightly', '0 6 * * *', tick),
    tickUuid('task', 'prog2', 'nightly', '0 6 * * *', tick),
    tickUuid('task', 'prog', 'nightly0', ' 6 * * *', tick),
    tickUuid('task', 'prog', 'nightly', '0 6 * * ?', tick),
    tickUuid('task', 'prog', 'nightly', '0 6 * * *', new Date(tick.getTime() + 1)),
    tickUuid('task', 'prog"', '"nightly', '0 6 * * *', tick),
  ].map((id) => id.split('_')[1])
  expect(new Set(ids).size).toBe(ids.length)
})

test('the index defaults to 0', () => {
  expect(tickUuid('task', 'p', 'n', 's', tick, 0)).toBe(tickUuid('task', 'p', 'n', 's', tick))
})

test('an invalid tick is refused', () => {
  expect(() => tickUuid('task', 'p', 'n', 's', new Date(Number.NaN))).toThrow(RangeError)
})
