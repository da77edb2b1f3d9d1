import { redisCommand, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { Command } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queueKeys } from '../src/keys.js'
import { claim } from '../src/scripts/claim.js'
import * as delays from '../src/scripts/delays.js'
import * as lives from '../src/scripts/lives.js'
import * as settling from '../src/scripts/settling.js'
import { consume, message, messages, names, newQueue, openBroker, privateKeys, signature, take } from './support.js'

describeWithServer('redis-server', 'what lies on the server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  const redis = (...args: string[]) => redisCommand(server.port, ...args)

  test('messages are appended to the list of their name, as the bytes they are', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 3))
    expect(await redis('LRANGE', queue, '0', '-1')).toEqual(names(3).map((name) => signature(name, queue)))
    await broker.publish([message(queue, 'past', { deliverAt: new Date(Date.now() - 1_000) })])
    expect(await redis('LLEN', queue)).toBe(4)
  })

  test('a delayed message is a bare member, scored in nanoseconds', async () => {
    await using broker = openBroker(server.port, { delayedTasksKey: 'q_delayed' })
    const queue = newQueue()
    const deliverAt = new Date('2030-01-02T03:04:05.678Z')
    await broker.publish([message(queue, 'later', { deliverAt })])
    expect(await redis('ZRANGE', 'q_delayed', '0', '-1')).toEqual([signature('later', queue)])
    expect(Number(await redis('ZSCORE', 'q_delayed', signature('later', queue)))).toBe(deliverAt.getTime() * 1e6)
    expect(await redis('EXISTS', 'delayed_tasks')).toBe(0)
  })

  test('a queue that was worked off leaves nothing behind', async () => {
    const broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 30))
    const consumer = await consume(broker, queue)
    await consumer.nack(await take(consumer, 2), { delayMs: 50 })
    const all = await take(consumer, 30)
    expect(all).toHaveLength(30)
    await consumer.ack(all)
    await broker.close()
    expect(await redis('EXISTS', queue)).toBe(0)
    expect((await privateKeys(server.port, queue)).filter((key) => !key.includes(':alive:'))).toEqual([])
  })

  test.each(['plain', '{images}:small', 'odd}name'])('the private keys of %s share its slot', async (queue) => {
    await using broker = openBroker(server.port)
    await broker.publish([message(queue, queue)])
    const consumer = await consume(broker, queue)
    await consumer.reject(await take(consumer, 1), 'bad')
    const keys = queueKeys(queue)
    const slots = [
      queue,
      keys.consumers,
      keys.dead,
      keys.later,
      keys.buried,
      keys.counts,
      keys.alive('a'),
      keys.epoch('a', 1),
    ]
    expect(new Set(slots.map((key) => new Command('get', [key]).getSlot())).size).toBe(1)
    expect(await redis('EXISTS', keys.dead, keys.consumers)).toBe(2)
  })

  test('queues with one tag, and one whose name is the tag, share no private key', () => {
    const queues = ['{fast}:a', '{fast}:b', '{fast}', 'fast'].map((queue) => queueKeys(queue).consumers)
    expect(new Set(queues).size).toBe(4)
  })

  describe('scripts', () => {
    const scripts = Object.entries({ claim, ...delays, ...lives, ...settling })

    test.each(scripts)('%s is Lua that the server understands', async (_name, { lua }) => {
      expect(await redis('SCRIPT', 'LOAD', lua)).toMatch(/^[0-9a-f]{40}$/)
    })
  })
})
