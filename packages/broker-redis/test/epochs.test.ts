import { redisCommand, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consume, messages, names, namesOf, newQueue, openBroker, statusesOf, take, until } from './support.js'

describeWithServer('redis-server', 'messages taken at once', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  async function lengths(queue: string): Promise<number[]> {
    const lists = (await redisCommand(server.port, 'KEYS', `{${queue}}:ts:processing:*`)) as string[]
    return Promise.all(lists.map(async (list) => Number(await redisCommand(server.port, 'LLEN', list))))
  }

  test('share one list, which is deleted with the last of them', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 20))
    const consumer = await consume(broker, queue)
    const held = await take(consumer, 20)
    expect(await lengths(queue)).toEqual([20])
    await consumer.ack(held.slice(0, 19))
    expect((await broker.countMessages(queue)).inFlight).toBe(1)
    await consumer.ack(held.slice(19))
    expect(await lengths(queue)).toEqual([])
  })

  test('a long task does not keep the finished ones beside it on the server', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 10))
    const consumer = await consume(broker, queue)
    const held = await take(consumer, 10)
    await consumer.ack(held.filter((_, index) => index !== 4))
    await until('only the running one is left', async () => (await lengths(queue)).join() === '1')
    expect(statusesOf(await consumer.ack(held.slice(4, 5)))).toEqual(['ok'])
    expect(await lengths(queue)).toEqual([])
  })

  test('acks in any order and number leave the rest, and closing gives exactly that back in order', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 60))
    const consumer = await consume(broker, queue)
    const held = [...(await take(consumer, 20)), ...(await take(consumer, 20)), ...(await take(consumer, 20))]
    await Promise.all(held.filter((_, index) => index % 3 !== 0).map((delivery) => consumer.ack([delivery])))
    await consumer.close()
    const left = (await redisCommand(server.port, 'LRANGE', queue, '0', '-1')) as string[]
    expect(left.map((body) => JSON.parse(body).Name)).toEqual(names(60).filter((name) => Number(name) % 3 === 0))
    expect(await lengths(queue)).toEqual([])
  })

  test('given back without a delay they are at the head, in order and not counted', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 700))
    const consumer = await consume(broker, queue)
    const held = [...(await take(consumer, 600)), ...(await take(consumer, 50))]
    expect(new Set(statusesOf(await consumer.nack(held)))).toEqual(new Set(['ok']))
    const again = await take(consumer, 700)
    expect(namesOf(again)).toEqual(names(700))
    expect(again.every(({ deliveryCount }) => deliveryCount === 1)).toBe(true)
  })

  test('large bodies are taken a few at a time', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    const bodies = [1, 2, 3].map((byte) => Buffer.alloc(5 * 2 ** 20, byte))
    await broker.publish(bodies.map((body) => ({ routingKey: queue, body })))
    const consumer = await consume(broker, queue)
    const taken = await take(consumer, 3)
    expect(taken.map(({ body }) => Buffer.compare(body, bodies[body[0]! - 1]!))).toEqual([0, 0, 0])
    await consumer.reject(taken.slice(0, 1), 'too large')
    await consumer.nack(taken.slice(1), { delayMs: 10 })
    const again = await take(consumer, 2)
    expect(again.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2])
    expect(statusesOf(await consumer.ack(again))).toEqual(['ok', 'ok'])
    expect((await broker.deadMessages(queue, 5))[0]?.body.byteLength).toBe(5 * 2 ** 20)
    expect(await redisCommand(server.port, 'EXISTS', `{${queue}}:ts:deliveries`)).toBe(0)
  })
})
