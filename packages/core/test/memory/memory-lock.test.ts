import { expect, test } from 'vitest'
import { MemoryLock, VirtualClock } from '../../src/memory/index.js'

test('a lock is held up to and including its end, by its clock', async () => {
  const clock = new VirtualClock(new Date('2030-01-01T00:00:00Z'))
  const lock = new MemoryLock({ clock })
  const until = BigInt(clock.now() + 60_000) * 1_000_000n
  expect(await lock.acquire('k', { until, owner: 'a' })).toBe(true)
  await clock.advance(60_000)
  expect(await lock.acquire('k', { until, owner: 'b' })).toBe(false)
  await clock.advance(1)
  expect(await lock.acquire('k', { until: until * 2n, owner: 'b' })).toBe(true)
})

test('an owner who takes his lock again moves its end', async () => {
  const clock = new VirtualClock()
  const lock = new MemoryLock({ clock })
  const at = (ms: number): bigint => BigInt(clock.now() + ms) * 1_000_000n
  await lock.acquire('k', { until: at(10), owner: 'a' })
  await lock.acquire('k', { until: at(1_000), owner: 'a' })
  await clock.advance(500)
  expect(await lock.acquire('k', { until: at(1_000), owner: 'b' })).toBe(false)
})

test('locks made to share keys do, each closed on its own', async () => {
  const first = new MemoryLock()
  const second = new MemoryLock({ sharedWith: first })
  const until = 2n ** 63n - 1n
  expect(await first.acquire('k', { until, owner: 'a' })).toBe(true)
  await first.close()
  expect(await second.acquire('k', { until, owner: 'b' })).toBe(false)
  await expect(first.acquire('k', { until, owner: 'a' })).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
})
