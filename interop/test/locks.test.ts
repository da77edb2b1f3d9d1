import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import { Server, silentLogger } from '@machinery/core'
import { RedisLock } from '@machinery/lock-redis'
import { echoes } from '@machinery-internal/interop/tasks'
import { expect, test } from 'vitest'
import { describeFleet, newQueue } from './describe-fleet.js'

const second = 1_000_000_000n

function inNanoseconds(ms: number): bigint {
  return BigInt(Date.now() + ms) * 1_000_000n
}

describeFleet('locks', (fleet) => {
  test('of two that want the same at once, one in Go and one here, one gets it', async () => {
    const go = await fleet().goProducer('redigo', newQueue())
    await using lock = disposable(new RedisLock({ url: fleet().redis.url }))
    const winners = { go: 0, ts: 0 }
    for (let index = 0; index < 100; index++) {
      const key = `machinery_lock_race-${index}`
      const until = inNanoseconds(60_000)
      const attempts = [go.lock(key, until), lock.acquire(key, { until, owner: `owner-${index}` })]
      const [inGo, here] = await Promise.all(index % 2 === 0 ? attempts : attempts.toReversed().map((one) => one)).then(
        (answers) => (index % 2 === 0 ? answers : answers.toReversed()),
      )
      expect([inGo, here].filter(Boolean)).toHaveLength(1)
      winners[inGo ? 'go' : 'ts']++
      expect(await fleet().client.get(key)).toBe(String(until))
    }
    expect(winners.go + winners.ts).toBe(100)
  })

  test('nobody gets what the other has, and it lives as long whoever took it', async () => {
    const go = await fleet().goProducer('redigo', newQueue())
    await using lock = disposable(new RedisLock({ url: fleet().redis.url }))
    const until = inNanoseconds(30_000)
    expect(await go.lock('taken-by-go', until)).toBe(true)
    expect(await lock.acquire('taken-by-go', { until, owner: 'me' })).toBe(false)
    expect(await lock.acquire('taken-by-go', { until: until + second, owner: 'me' })).toBe(false)
    expect(await lock.acquire('taken-here', { until, owner: 'me' })).toBe(true)
    expect(await go.lock('taken-here', until)).toBe(false)
    expect(await go.lock('taken-here', until + second)).toBe(false)
    const [ofGo, here] = await Promise.all(['taken-by-go', 'taken-here'].map((key) => fleet().client.pttl(key)))
    expect(Math.abs((ofGo ?? 0) - (here ?? 0))).toBeLessThan(1_500)
    expect(here).toBeGreaterThan(28_000)
    expect(await fleet().client.get('taken-here')).toBe(await fleet().client.get('taken-by-go'))
  })

  test('what is over is taken over, also where the key is still there', async () => {
    const go = await fleet().goProducer('redigo', newQueue())
    await using lock = disposable(new RedisLock({ url: fleet().redis.url }))
    const [past, until] = [inNanoseconds(-1_000), inNanoseconds(30_000)]
    await fleet().client.mset('old-1', String(past), 'old-2', String(past))
    expect(await lock.acquire('old-1', { until, owner: 'me' })).toBe(true)
    expect(await go.lock('old-1', until)).toBe(false)
    expect(await go.lock('old-2', until)).toBe(true)
    expect(await lock.acquire('old-2', { until, owner: 'me' })).toBe(false)
    for (const key of ['old-1', 'old-2']) {
      expect(await fleet().client.get(key)).toBe(String(until))
      expect(await fleet().client.pttl(key)).toBeGreaterThan(25_000)
    }
  })

  test('one of many schedulers sends each tick, where Go and this library share name, spec and program', async () => {
    const [queue, name, programName] = [newQueue(), 'tick', 'scheduler']
    const spec = '@every 1s'
    const echoString = echoes.get('string') as NonNullable<ReturnType<typeof echoes.get>>
    const servers = [1, 2].map(
      () =>
        new Server(
          { logger: silentLogger, defaultQueue: queue, programName },
          new RedisBroker({ url: fleet().redis.url, defaultQueue: queue }),
          new RedisBackend({ url: fleet().redis.url }),
          new RedisLock({ url: fleet().redis.url }),
        ),
    )
    const startedAt = Date.now()
    try {
      for (const server of servers) {
        await server.registerPeriodicTask(spec, name, echoString.s('ts' as never), { catchUp: '1s' })
      }
      await fleet().goScheduler(queue, { spec, name, programName })
      await new Promise((resolve) => setTimeout(resolve, 8_200))
    } finally {
      await Promise.all(servers.map((server) => server.close()))
    }
    const seconds = (Date.now() - startedAt) / 1_000
    const bodies = await fleet().client.lrange(queue, 0, -1)
    const senders = bodies.map((body) => JSON.parse(body).Args[0].Value)
    // Three without a common lock would have sent three times as many.
    expect(senders.length).toBeGreaterThanOrEqual(Math.floor(seconds) - 2)
    expect(senders.length).toBeLessThanOrEqual(Math.ceil(seconds) + 1)
    expect(await fleet().client.exists(`machinery_lock_${programName}${name}${spec}`)).toBe(1)
  })
})

function disposable(lock: RedisLock): RedisLock & AsyncDisposable {
  return Object.assign(lock, { [Symbol.asyncDispose]: () => lock.close() })
}
