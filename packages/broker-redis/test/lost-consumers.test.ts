import { redisCommand, startProxy, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consume, fast, message, messages, namesOf, newQueue, openBroker, statusesOf, take, until } from './support.js'

describeWithServer('redis-server', 'consumers that were lost', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  const redis = (...args: string[]) => redisCommand(server.port, ...args)

  test('their messages come again, ahead of later ones, in order and counted; what they do later has no effect', async () => {
    await using proxy = await startProxy({ target: server })
    await using lost = openBroker(proxy.port)
    await using other = openBroker(server.port)
    const queue = newQueue()
    await other.publish(messages(queue, 5))
    const silent = await consume(lost, queue)
    const held = await take(silent, 3)
    expect(held.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1, 1])

    const awake = await consume(other, queue)
    proxy.freeze(true)
    const frozenAt = Date.now()
    await until('the messages came back', async () => (await redis('LLEN', queue)) === 5)
    expect(Date.now() - frozenAt).toBeLessThan(1.4 * fast.leaseMs + 500)
    const again = await take(awake, 5)
    expect(namesOf(again)).toEqual(['0', '1', '2', '3', '4'])
    expect(again.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 2, 1, 1])

    proxy.freeze(false)
    expect(statusesOf(await silent.ack(held.slice(0, 1)))).not.toContain('ok')
    await expect(take(silent, 1)).rejects.toThrow('not registered')
    expect(statusesOf(await silent.ack(held.slice(1)))).toEqual(['rejected', 'rejected'])
    await silent.close()
    expect((await other.countMessages(queue)).inFlight).toBe(5)
    expect(statusesOf(await awake.ack(again))).toEqual(Array(5).fill('ok'))
    // The counts are forgotten with the messages.
    expect(await redis('EXISTS', `{${queue}}:ts:deliveries`)).toBe(0)
    expect(await redis('EXISTS', queue)).toBe(0)
  })

  test('a consumer rides out an outage shorter than its lease, with what it holds', async () => {
    await using proxy = await startProxy({ target: server })
    await using broker = openBroker(proxy.port, { leaseMs: 12_000 })
    const queue = newQueue()
    await broker.publish(messages(queue, 2))
    const consumer = await consume(broker, queue)
    const held = await take(consumer, 2)
    const receiving = take(consumer, 1, 10_000)
    proxy.cut()
    await redis('RPUSH', queue, Buffer.from(message(queue, 'after').body).toString())
    expect(namesOf(await receiving)).toEqual(['after'])
    expect(statusesOf(await consumer.ack(held))).toEqual(['ok', 'ok'])
  }, 15_000)

  test('all data deleted: the consumer breaks, and another one works', async () => {
    await using own = await startRedis()
    await using broker = openBroker(own.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 1))
    const consumer = await consume(broker, queue)
    const held = await take(consumer, 1)
    const receiving = take(consumer, 1)
    await redisCommand(own.port, 'FLUSHALL')
    await expect(receiving).rejects.toThrow('not registered')
    expect(statusesOf(await consumer.ack(held))).toEqual(['rejected'])
    await consumer.close()
    await broker.publish(messages(queue, 1))
    const next = await consume(broker, queue)
    expect(statusesOf(await next.ack(await take(next, 1)))).toEqual(['ok'])
  })

  test('the lists of the buried are watched: a blocking move that arrives late strands no message', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    // A consumer that nobody hears of, and whose move arrives after it was buried.
    await redis('HSET', `{${queue}}:ts:workers`, 'dead', '1')
    const consumer = await consume(broker, queue)
    await until('it was buried', async () => (await redis('HEXISTS', `{${queue}}:ts:workers`, 'dead')) === 0)
    await redis('RPUSH', `{${queue}}:ts:processing:dead:0`, Buffer.from(message(queue, 'late').body).toString())
    expect(namesOf(await take(consumer, 1))).toEqual(['late'])
  })
})
