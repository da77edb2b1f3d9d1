import { redisCommand, startProxy, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claim } from '../src/scripts/claim.js'
import { dropLists } from '../src/scripts/settling.js'
import { consume, messages, namesOf, newQueue, openBroker, statusesOf, take, until } from './support.js'

/** Longer than any outage here, so that nothing is taken over. */
const patient = { leaseMs: 6_000 }

describeWithServer('redis-server', 'replies', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  describe.concurrent('that were lost', () => {
    test('to publish: the answer is indeterminate, and nothing is sent again', async () => {
      await using proxy = await startProxy({ target: server })
      await using broker = openBroker(proxy.port)
      const queue = newQueue()
      await broker.publish(messages(newQueue(), 1))
      proxy.dropNextReply(queue)
      expect(statusesOf(await broker.publish(messages(queue, 2)))).toEqual(['indeterminate', 'indeterminate'])
      expect(statusesOf(await broker.publish(messages(newQueue(), 1)))).toEqual(['ok'])
      expect(await redisCommand(server.port, 'LLEN', queue)).toBe(2)
    })

    test('to a claim: the messages come again, once, and not counted', async () => {
      await using proxy = await startProxy({ target: server })
      await using broker = openBroker(proxy.port, patient)
      const queue = newQueue()
      const consumer = await consume(broker, queue)
      await redisCommand(server.port, 'SCRIPT', 'LOAD', claim.lua)
      proxy.dropNextReply(claim.sha1)
      await using producer = openBroker(server.port)
      await producer.publish(messages(queue, 3))
      const taken = await take(consumer, 3, 15_000)
      expect(proxy.dropped).toBe(1)
      expect(namesOf(taken).sort()).toEqual(['0', '1', '2'])
      expect(taken.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1, 1])
      expect(statusesOf(await consumer.ack(taken))).toEqual(['ok', 'ok', 'ok'])
      expect((await producer.countMessages(queue)).inFlight).toBe(0)
    }, 20_000)

    test('to a blocking move: the message comes again', async () => {
      await using proxy = await startProxy({ target: server })
      await using broker = openBroker(proxy.port, patient)
      const queue = newQueue()
      const consumer = await consume(broker, queue)
      proxy.dropNextReply('blmove')
      const taking = take(consumer, 1, 15_000)
      await until('the move is waiting', async () => proxy.dropped === 1)
      await using producer = openBroker(server.port)
      await producer.publish(messages(queue, 1))
      expect(namesOf(await taking)).toEqual(['0'])
    }, 20_000)

    test('to an ack: the message does not come again, and its list is dropped', async () => {
      await using proxy = await startProxy({ target: server })
      await using broker = openBroker(proxy.port, patient)
      const queue = newQueue()
      await broker.publish(messages(queue, 2))
      const consumer = await consume(broker, queue)
      const held = await take(consumer, 2)
      await redisCommand(server.port, 'SCRIPT', 'LOAD', dropLists.lua)
      proxy.dropRequests(dropLists.sha1)
      expect(statusesOf(await consumer.ack(held))).toEqual(['indeterminate', 'indeterminate'])
      proxy.dropRequests(undefined)
      await until('the list is dropped', async () => {
        const lists = await redisCommand(server.port, 'KEYS', `{${queue}}:ts:processing:*`)
        return Array.isArray(lists) && lists.length === 0
      })
      expect(await redisCommand(server.port, 'LLEN', queue)).toBe(0)
    }, 20_000)

    test('a nack whose request was lost is made good for', async () => {
      await using proxy = await startProxy({ target: server })
      await using broker = openBroker(proxy.port, patient)
      const queue = newQueue()
      await broker.publish(messages(queue, 1))
      const consumer = await consume(broker, queue)
      const held = await take(consumer, 1)
      proxy.dropRequests('head')
      expect(statusesOf(await consumer.nack(held))).toEqual(['indeterminate'])
      proxy.dropRequests(undefined)
      expect(namesOf(await take(consumer, 1, 15_000))).toEqual(['0'])
    }, 20_000)

    test('to a blocking move on a link that froze: the message comes again', async () => {
      // Its own, as all that wait there are looked at.
      await using server = await startRedis()
      await using proxy = await startProxy({ target: server })
      await using broker = openBroker(proxy.port)
      await using other = openBroker(server.port)
      const queue = newQueue()
      const consumer = await consume(broker, queue)
      // Longer than it takes the others to notice.
      const receiving = take(consumer, 1, 4_000).catch(() => [])
      await until('the move is waiting', async () => {
        return String(await redisCommand(server.port, 'CLIENT', 'LIST')).includes('cmd=blmove')
      })
      proxy.freeze(true)
      await other.publish(messages(queue, 1))
      expect(await redisCommand(server.port, 'LLEN', queue)).toBe(0)
      const healthy = await consume(other, queue)
      const taken = await take(healthy, 1)
      expect(namesOf(taken)).toEqual(['0'])
      expect(taken[0]?.deliveryCount).toBe(2)
      proxy.freeze(false)
      expect(await receiving).toEqual([])
    }, 20_000)
  })
})
