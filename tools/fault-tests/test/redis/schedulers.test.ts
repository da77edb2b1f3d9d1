import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import { defineTask, isMachineryError, Server, silentLogger } from '@machinery/core'
import { RedisLock } from '@machinery/lock-redis'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, expect, test } from 'vitest'
import {
  clockChange,
  farEta,
  goneBetween,
  lockServerDown,
  lostLocks,
  manySchedulers,
  pastAndInvalidEta,
  wrongSchedulers,
  wrongWorkers,
} from '../scenarios/schedulers.js'
import { safeLease, sharedRig, shortLease } from './rigs.js'

const hour = 3_600_000

describeWithServer('redis-server', 'Schedulers on Redis', () => {
  const living = sharedRig(safeLease)
  const dying = sharedRig(shortLease)

  test('S01: five of them send each of 300 ticks once', () => manySchedulers(living(), 300))
  describe.concurrent('whose locks are lost', () => {
    test('S02: all send the same UUIDs while the lock server is down', () => lockServerDown(living()))
    test('S02: all send the same UUIDs where locks are lost', () => lostLocks(living()))
  })

  describe.concurrent('of which one is gone between lock and send', () => {
    test('S03: if it was killed, it is replaced inside the window, once', () => goneBetween(living(), 'kill'))
    test('S03: if it was paused, it is replaced inside the window, once', () => goneBetween(living(), 'stop'))
  })

  describe.concurrent('where clocks are wrong', () => {
    test('S04: those of schedulers double no tick', () => wrongSchedulers(living()))
    test.each([[[hour]], [[-hour]]])(
      'S04: those of workers, by %j ms, make no ETA early, and leases are as ever',
      (offsets) => wrongWorkers(dying(), offsets),
    )
  })
  test('S04: workers with different clocks run nothing early, and leases are as ever', () =>
    wrongWorkers(dying(), [30_000, -30_000, 0, hour, -hour]))

  describe.concurrent('at the edges of the calendar', () => {
    test.each([
      ['skipped', '2030-03-31T00:58:00Z', ['2030-03-31T01:00:00.000Z']],
      ['repeated', '2030-10-26T23:58:00Z', ['2030-10-27T00:00:00.000Z', '2030-10-27T00:30:00.000Z']],
    ])('S05: a time that a change of clocks has %s runs once', (_, start, expected) =>
      clockChange(living(), new Date(start), expected),
    )
  })

  test('S06: an evil spec is refused within 5 ms, and nothing is sent', async () => {
    const { brokerUrl: url } = living().config()
    await using server = new Server(
      { logger: silentLogger },
      new RedisBroker({ url }),
      new RedisBackend({ url }),
      new RedisLock({ url }),
    )
    const evil = ['', '60 * * * *', `${'9'.repeat(100_000)} * * * *`, `${'*/1,'.repeat(5_000)}* * * * *`, '0 0 30 2 *']
    for (const spec of evil) {
      const took: number[] = []
      for (let time = 0; time < 5; time++) {
        const from = performance.now()
        const refused = await server.registerPeriodicTask(spec, 'evil', quick.s()).catch((error: unknown) => error)
        took.push(performance.now() - from)
        expect(isMachineryError(refused, 'MACHINERY_CONFIGURATION'), String(refused)).toBe(true)
      }
      expect(Math.min(...took)).toBeLessThan(5)
    }
    expect(server.listPeriodic()).toEqual([])
  })

  test.each([
    ['25 days away', new Date(Date.now() + 25 * 24 * hour)],
    ['at the end of the year 9999', new Date('9999-12-31T23:59:59.999Z')],
  ])('S07: an ETA %s is kept to the millisecond', (_, eta) =>
    farEta(living(), eta, () => living().command('EVAL', makeDue, '1', 'delayed_tasks')),
  )
  test('S07: an ETA in the past is now, and an invalid one is refused', () => pastAndInvalidEta(living()))
})

const quick = defineTask('quick')

const makeDue = "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], 1, m) end"
