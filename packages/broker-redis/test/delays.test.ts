import { redisCommand, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { consume, message, names, namesOf, newQueue, openBroker, signature, take, until } from './support.js'

describeWithServer('redis-server', 'delayed messages', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  afterEach(() => redisCommand(server.port, 'FLUSHALL'))
  const redis = (...args: string[]) => redisCommand(server.port, ...args)
  const nanoseconds = (ms: number) => String(BigInt(Math.round(ms)) * 1_000_000n)

  test('of Go are moved to the queue they name, or to the default queue, as the bytes they are', async () => {
    await using broker = openBroker(server.port, { defaultQueue: 'default' })
    const queue = newQueue()
    const body = `{"UUID":"task_1", "RoutingKey" : "${queue}","Name":"1","Unknown":[1.0]}`
    await redis(
      'ZADD',
      'delayed_tasks',
      nanoseconds(Date.now() - 5),
      body,
      nanoseconds(Date.now() - 4),
      signature('2', ''),
    )
    const consumer = await consume(broker, queue)
    const [taken] = await take(consumer, 1)
    expect(Buffer.from(taken?.body ?? []).toString()).toBe(body)
    expect(await redis('LRANGE', 'default', '0', '-1')).toEqual([signature('2', '')])
  })

  test('that are no signatures are parked, and those for a key of another type too', async () => {
    await using broker = openBroker(server.port)
    await redis('SET', 'text', 'mine')
    const due = nanoseconds(Date.now() - 10)
    await redis('ZADD', 'delayed_tasks', due, 'not JSON', due, signature('lost', 'text'))
    await consume(broker, newQueue())
    await until('both are parked', async () => (await broker.deadMessages('machinery_tasks', 10)).length === 2)
    const dead = await broker.deadMessages('machinery_tasks', 10)
    const found = dead.map(({ body, reason }) => [Buffer.from(body).toString(), reason])
    expect(found).toContainEqual(['not JSON', expect.stringContaining('no signature')])
    expect(found).toContainEqual([signature('lost', 'text'), expect.stringContaining('no list')])
    expect(await redis('GET', 'text')).toBe('mine')
    expect(await redis('EXISTS', 'machinery_tasks')).toBe(0)
    expect(await redis('ZCARD', 'delayed_tasks')).toBe(0)
  })

  test('a thousand due at once are moved at once, oldest first, and none twice by several workers', async () => {
    await using first = openBroker(server.port)
    await using second = openBroker(server.port)
    const queue = newQueue()
    const start = Date.now() - 10_000
    const members = names(1_000).flatMap((name) => [nanoseconds(start + Number(name)), signature(name, queue)])
    await redis('ZADD', 'delayed_tasks', ...members)
    const startedAt = Date.now()
    await Promise.all([consume(first, newQueue()), consume(second, newQueue())])
    await until('all are moved', async () => (await redis('LLEN', queue)) === 1_000)
    expect(Date.now() - startedAt).toBeLessThan(2_000)
    const moved = (await redis('LRANGE', queue, '0', '-1')) as string[]
    expect(moved).toEqual(names(1_000).map((name) => signature(name, queue)))
  })

  test('are due to the moment though workers look rarely, when a producer of ours stored them', async () => {
    await using worker = openBroker(server.port, { delayedPollMs: 60_000 })
    await using producer = openBroker(server.port)
    const queue = newQueue()
    const consumer = await consume(worker, queue)
    await until('it listens', async () => {
      const channels = await redis('PUBSUB', 'NUMSUB', '{delayed_tasks}:ts:wake')
      return (channels as unknown[])[1] === 1
    })
    for (const [name, delayMs] of [
      ['far', 3_600_000],
      ['near', 300],
    ] as const) {
      await producer.publish([message(queue, name, { deliverAt: new Date(Date.now() + delayMs) })])
    }
    const startedAt = Date.now()
    expect(namesOf(await take(consumer, 1))).toEqual(['near'])
    expect(Date.now() - startedAt).toBeLessThan(700)
  })

  test.each([3_600_000, -3_600_000])(
    'are due by the clock of the server, where that of the worker is wrong by %i ms',
    async (offsetMs) => {
      const producer = openBroker(server.port)
      await using worker = openBroker(server.port, { delayedPollMs: 20 })
      const queue = newQueue()
      const dueAt = Date.now() + 500
      await producer.publish([message(queue, 'delayed', { deliverAt: new Date(dueAt) })])
      await producer.close()
      const realNow = Date.now
      const now = vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offsetMs)
      onTestFinished(() => now.mockRestore())
      const consumer = await consume(worker, queue)
      const taken = await take(consumer, 1)
      expect(realNow()).toBeGreaterThanOrEqual(dueAt)
      // What is given back with a delay is delayed by the same clock.
      await consumer.nack(taken, { delayMs: 300 })
      const givenBackAt = realNow()
      expect(namesOf(await take(consumer, 1))).toEqual(['delayed'])
      expect(realNow() - givenBackAt).toBeGreaterThan(250)
    },
  )

  test('for a queue that their body does not name come to that queue all the same', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    const body = Buffer.from(signature('elsewhere', 'another'))
    await broker.publish([{ routingKey: queue, body, deliverAt: new Date(Date.now() + 1_000) }])
    expect((await broker.countMessages(queue)).delayed).toBe(1)
    expect(namesOf(await broker.delayedMessages(10))).toEqual(['elsewhere'])
    const consumer = await consume(broker, queue)
    expect(namesOf(await take(consumer, 1))).toEqual(['elsewhere'])
    expect(await redis('EXISTS', 'another')).toBe(0)
  })

  test('equal ones that were given back with a delay all come again', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish([message(queue, 'same'), message(queue, 'same')])
    const consumer = await consume(broker, queue)
    await consumer.nack(await take(consumer, 2), { delayMs: 100 })
    expect(namesOf(await take(consumer, 2))).toEqual(['same', 'same'])
  })

  test('are counted and listed for their queue only', async () => {
    await using broker = openBroker(server.port, { defaultQueue: 'default' })
    const due = nanoseconds(Date.now() + 60_000)
    await redis(
      'ZADD',
      'delayed_tasks',
      due,
      signature('1', 'one'),
      due,
      signature('2', 'two'),
      due,
      signature('3', ''),
    )
    expect(namesOf(await broker.delayedMessages(10, 'one'))).toEqual(['1'])
    expect(namesOf(await broker.delayedMessages(10, 'default'))).toEqual(['3'])
    expect(namesOf(await broker.delayedMessages(2))).toHaveLength(2)
    expect((await broker.countMessages('two')).delayed).toBe(1)
  })
})
