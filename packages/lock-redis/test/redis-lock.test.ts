import {
  type FaultProxy,
  redisCommand,
  startProxy,
  startRedis,
  startRedisCluster,
  type TestServer,
} from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { RedisLock, type RedisLockOptions } from '../src/index.js'

const tick = { until: 1_706_745_599_999_999_999n, key: 'machinery_lock_t4periodic-task*/5 * * * *' }
const nowMs = Date.parse('2024-01-31T23:58:01.5Z')

// A client comes back within 7 s after a cut, mostly at once.
vi.setConfig({ testTimeout: 20_000 })

describeWithServer('redis-server', 'RedisLock', () => {
  let server: TestServer
  let admin: Redis
  const locks: RedisLock[] = []
  const open = (options: RedisLockOptions = {}): RedisLock => {
    const lock = new RedisLock({ host: '127.0.0.1', port: server.port, ...options })
    locks.push(lock)
    return lock
  }
  const at = (now: number): RedisLockOptions => ({ clock: { now: () => now, setTimer: () => () => {} } })
  const inMs = (ms: number): bigint => BigInt(Date.now() + ms) * 1_000_000n - 1n

  beforeAll(async () => {
    server = await startRedis()
    admin = new Redis(server.port, '127.0.0.1')
  })
  afterAll(async () => {
    admin.disconnect()
    await server.stop()
  })
  afterEach(async () => {
    await Promise.all(locks.splice(0).map((lock) => lock.close()))
    await admin.flushall()
  })

  describe("beside Go's locks", () => {
    test('writes the key, the value and the life that Go writes', async () => {
      expect(await open(at(nowMs)).acquire(tick.key, { until: tick.until, owner: 'a' })).toBe(true)
      expect(await admin.get(tick.key)).toBe('1706745599999999999')
      const life = await admin.pttl(tick.key)
      expect(life).toBeGreaterThan(117_000)
      expect(life).toBeLessThanOrEqual(118_500)
    })

    test('respects a lock that Go holds, whatever the owner is called', async () => {
      await admin.set(tick.key, String(tick.until), 'PX', 118_500)
      expect(await open(at(nowMs)).acquire(tick.key, { until: tick.until, owner: 'a' })).toBe(false)
    })

    test('is respected by Go', async () => {
      expect(await open().acquire('key', { until: inMs(60_000), owner: 'a' })).toBe(true)
      expect(await admin.set('key', String(inMs(60_000)), 'PX', 60_000, 'NX')).toBeNull()
      expect(BigInt((await admin.get('key')) ?? 0)).toBeGreaterThan(BigInt(Date.now()) * 1_000_000n)
    })

    test('takes over a lock without expiry whose end has passed, and gives it one', async () => {
      await admin.set(tick.key, '1706745299999999999')
      expect(await open(at(nowMs)).acquire(tick.key, { until: tick.until, owner: 'a' })).toBe(true)
      expect(await admin.get(tick.key)).toBe(String(tick.until))
      expect(await admin.pttl(tick.key)).toBeGreaterThan(0)
    })

    test("lets Go's GETSET see a value in the future after a takeover, so that Go stands back", async () => {
      await admin.set('key', '1706745299999999999')
      expect(await open().acquire('key', { until: inMs(60_000), owner: 'a' })).toBe(true)
      const old = await admin.getset('key', String(inMs(60_000)))
      expect(BigInt(old ?? 0)).toBeGreaterThan(BigInt(Date.now()) * 1_000_000n)
    })

    test('leaves a zero alone, as Go does', async () => {
      await admin.set('key', '0')
      expect(await open().acquire('key', { until: inMs(60_000), owner: 'a' })).toBe(false)
    })

    test('does not give the owner a lock that Go took after it had lapsed', async () => {
      const lock = open()
      expect(await lock.acquire('key', { until: inMs(-1), owner: 'a' })).toBe(true)
      const until = inMs(60_000)
      await admin.set('key', String(until), 'PX', 60_000)
      expect(await lock.acquire('key', { until, owner: 'a' })).toBe(false)
    })

    test('says so when the key is something else', async () => {
      await admin.set('key', 'a cached page')
      await expect(open().acquire('key', { until: inMs(60_000), owner: 'a' })).rejects.toThrow(
        /"key" in Redis is no lock/,
      )
      expect(await admin.get('key')).toBe('a cached page')
    })
  })

  test('refuses an end that Go could not read', async () => {
    const late = 9_223_372_036_854_775_808n
    await expect(open().acquire('key', { until: late, owner: 'a' })).rejects.toThrow(RangeError)
    await expect(open().acquire('key', { until: -1n, owner: 'a' })).rejects.toThrow(/got -1/)
  })

  test('is success for the owner whose answer was lost', async () => {
    await using proxy = await startProxy({ target: server })
    const lock = open({ port: proxy.port })
    const until = inMs(60_000)
    await lock.acquire('other', { until, owner: 'a' })
    proxy.dropNextReply('owner-a')
    await expect(lock.acquire('key', { until, owner: 'owner-a' })).rejects.toThrow()
    expect(await lock.acquire('key', { until, owner: 'owner-a' })).toBe(true)
    expect(await open().acquire('key', { until, owner: 'owner-b' })).toBe(false)
  })

  test('is given for one end once, also to calls that arrive after it, and to its owner again', async () => {
    const until = inMs(5)
    expect(await open().acquire('key', { until, owner: 'a' })).toBe(true)
    await expect.poll(() => admin.exists('key')).toBe(0)
    expect(await open().acquire('key', { until, owner: 'b' })).toBe(false)
    expect(await open().acquire('key', { until, owner: 'a' })).toBe(true)
    expect(await open().acquire('key', { until: inMs(60_000), owner: 'b' })).toBe(true)
  })

  test('is prolonged for its owner, and not shortened', async () => {
    const lock = open()
    await lock.acquire('key', { until: inMs(10_000), owner: 'a' })
    expect(await lock.acquire('key', { until: inMs(60_000), owner: 'a' })).toBe(true)
    expect(await lock.acquire('key', { until: inMs(1_000), owner: 'a' })).toBe(true)
    expect(await admin.pttl('key')).toBeGreaterThan(50_000)
  })

  test('of 1,000 ticks and three schedulers none is skipped and none is doubled, with delays around the end of the lock', async () => {
    const proxies: FaultProxy[] = []
    try {
      for (let i = 0; i < 3; i++) proxies.push(await startProxy({ target: server }))
      const schedulers = proxies.map(({ port }) => open({ port }))
      const tasks = Array.from({ length: 10 }, (_, task) => runTicks(`task-${task}`, 100))
      expect((await Promise.all(tasks)).flat()).toEqual(Array.from({ length: 1_000 }, () => 1))

      async function runTicks(key: string, count: number): Promise<number[]> {
        const winners: number[] = []
        for (let n = 0; n < count; n++) {
          const until = inMs(1 + (n % 5))
          const taken = await Promise.all(
            schedulers.map(async (scheduler, index) => {
              proxies[index]?.delay((n * 7 + index * 3) % 5)
              await new Promise((resolve) => setTimeout(resolve, (n * 5 + index * 2) % 7))
              return scheduler.acquire(key, { until, owner: `scheduler-${index}` })
            }),
          )
          winners.push(taken.filter(Boolean).length)
        }
        return winners
      }
    } finally {
      await Promise.all(proxies.map((proxy) => proxy.stop()))
    }
  }, 30_000)

  test('works in a cluster, with keys of every slot', async () => {
    await using cluster = await startRedisCluster()
    const lock = new RedisLock({ url: cluster.url })
    const until = inMs(60_000)
    for (const key of ['a', 'b', 'c', 'machinery_lock_x{y}z', 'odd}name', '{}', tick.key]) {
      expect(await lock.acquire(key, { until, owner: 'a' })).toBe(true)
      expect(await lock.acquire(key, { until, owner: 'b' })).toBe(false)
    }
    await lock.close()
  }, 40_000)

  test('forgets who took it one day', async () => {
    await open().acquire('key', { until: inMs(1_000), owner: 'a' })
    for (const key of await admin.keys('*')) expect(await redisCommand(server.port, 'PTTL', key)).toBeGreaterThan(0)
  })
})
