import { describe, expect, test } from 'vitest'
import type { Clock, Consumer, Delivery, OutgoingMessage } from '../../src/contracts/index.js'
import { MemoryBroker, VirtualClock } from '../../src/memory/index.js'
import { pause } from '../adversarial/support.js'

const never = new AbortController().signal
const encoder = new TextEncoder()
const decoder = new TextDecoder()
const dayMs = 86_400_000

function message(text: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { routingKey: 'q', body: encoder.encode(text), ...more }
}

function consume(broker: MemoryBroker, queue = 'q'): Promise<Consumer> {
  return broker.consume({ queue, consumerTag: 'test', concurrency: 10, maxUnsettled: 100 })
}

function texts(deliveries: readonly { body: Uint8Array }[]): string[] {
  return deliveries.map(({ body }) => decoder.decode(body))
}

/** All that is ready now. */
function ready(consumer: Consumer, max = 1_000): Promise<readonly Delivery[]> {
  const stop = new AbortController()
  const receiving = consumer.receive(max, stop.signal)
  stop.abort()
  return receiving
}

describe('the memory broker', () => {
  test('holds a message for 100 days of its clock, to the millisecond', async () => {
    const clock = new VirtualClock(new Date('2030-01-01T00:00:00Z'))
    const broker = new MemoryBroker({ clock })
    await broker.publish([message('later', { deliverAt: new Date(clock.now() + 100 * dayMs) })])
    const consumer = await consume(broker)
    let arrivedAt = 0
    const receiving = consumer.receive(1, never).then((deliveries) => {
      arrivedAt = clock.now()
      return deliveries
    })
    await clock.advance(100 * dayMs - 1)
    expect(arrivedAt).toBe(0)
    await clock.advance(1)
    expect(texts(await receiving)).toEqual(['later'])
    expect(arrivedAt).toBe(Date.parse('2030-01-01T00:00:00Z') + 100 * dayMs)
  })

  test('wakes a waiting reader for a message that is due before the one it waits for', async () => {
    const clock = new VirtualClock()
    const broker = new MemoryBroker({ clock })
    const consumer = await consume(broker)
    await broker.publish([message('late', { deliverAt: new Date(clock.now() + 1_000) })])
    const receiving = consumer.receive(10, never)
    await broker.publish([message('soon', { deliverAt: new Date(clock.now() + 100) })])
    await clock.advance(100)
    expect(texts(await receiving)).toEqual(['soon'])
  })

  test('notices within 30 s that its clock was put forward', async () => {
    const inner = new VirtualClock()
    let offsetMs = 0
    const clock: Clock = {
      now: () => inner.now() + offsetMs,
      setTimer: (callback, ms) => inner.setTimer(callback, ms),
    }
    const broker = new MemoryBroker({ clock })
    await broker.publish([message('later', { deliverAt: new Date(clock.now() + 7_200_000) })])
    const receiving = (await consume(broker)).receive(1, never)
    offsetMs = 7_200_000
    await inner.advance(30_000)
    expect(await Promise.race([receiving.then(texts), pause(1_000)])).toEqual(['later'])
  })

  test('counts what a consumer still held when it was closed, and not what was given back at once', async () => {
    const broker = new MemoryBroker()
    await broker.publish([message('any')])
    const first = await consume(broker)
    await first.nack(await ready(first))
    const [again] = await ready(first)
    expect(again?.deliveryCount).toBe(1)
    await first.close()
    const [afterLoss] = await ready(await consume(broker))
    expect(afterLoss?.deliveryCount).toBe(2)
  })

  test('sets no timer while nobody waits', async () => {
    const clock = new VirtualClock()
    const broker = new MemoryBroker({ clock })
    await broker.publish([message('later', { deliverAt: new Date(clock.now() + 1_000) })])
    const consumer = await consume(broker)
    const stop = new AbortController()
    const receiving = consumer.receive(1, stop.signal)
    stop.abort()
    await receiving
    expect(await clock.runNext()).toBe(false)
  })

  test('gives nacked deliveries back at the head, in their order', async () => {
    const broker = new MemoryBroker()
    const consumer = await consume(broker)
    await broker.publish(['1', '2', '3', '4'].map((text) => message(text)))
    const [, ...rest] = await ready(consumer, 3)
    await consumer.nack(rest)
    expect(texts(await ready(consumer))).toEqual(['2', '3', '4'])
  })

  test('keeps priorities of what comes back', async () => {
    const broker = new MemoryBroker()
    const consumer = await consume(broker)
    await broker.publish([message('low'), message('high', { priority: 200 }), message('mid', { priority: 7 })])
    const all = await ready(consumer)
    expect(texts(all)).toEqual(['high', 'mid', 'low'])
    await consumer.nack(all)
    expect(texts(await ready(consumer, 2))).toEqual(['high', 'mid'])
  })

  test('delays a nacked delivery by its clock', async () => {
    const clock = new VirtualClock()
    const broker = new MemoryBroker({ clock })
    const consumer = await consume(broker)
    await broker.publish([message('again')])
    await consumer.nack(await ready(consumer), { delayMs: 5_000 })
    await clock.advance(4_999)
    expect(await ready(consumer)).toEqual([])
    expect(await broker.countMessages('q')).toEqual({ pending: 0, delayed: 1, dead: 0, inFlight: 0 })
    await clock.advance(1)
    expect((await consumer.receive(1, never))[0]?.deliveryCount).toBe(2)
  })

  test('serves waiting readers in the order in which they began to wait', async () => {
    const broker = new MemoryBroker()
    const [first, second] = [await consume(broker), await consume(broker)]
    const receiving = [first.receive(1, never), second.receive(1, never)]
    await broker.publish([message('1'), message('2'), message('3')])
    expect((await Promise.all(receiving)).map(texts)).toEqual([['1'], ['2']])
  })

  test('moves 1,000,000 messages at a constant cost each', async () => {
    const broker = new MemoryBroker()
    const consumer = await consume(broker)
    const batch = Array.from({ length: 10_000 }, (_, index) => message(`${index}`))
    const time = async (rounds: number): Promise<number> => {
      for (let round = 0; round < rounds; round++) await broker.publish(batch)
      const start = performance.now()
      for (let left = rounds * batch.length; left > 0; ) {
        const deliveries = await consumer.receive(100, never)
        await consumer.ack(deliveries)
        left -= deliveries.length
      }
      return performance.now() - start
    }
    await time(1)
    const small = Math.max(await time(5), 5)
    // 20 times as many: an array that is shifted would take 400 times as long.
    expect(await time(100)).toBeLessThan(100 * small)
    expect(await broker.countMessages('q')).toEqual({ pending: 0, delayed: 0, dead: 0, inFlight: 0 })
  }, 60_000)

  test('serves two users of one instance', async () => {
    const broker = new MemoryBroker()
    const [one, two] = [await consume(broker, 'a'), await consume(broker, 'b')]
    await Promise.all([
      broker.publish([message('for b', { routingKey: 'b' })]),
      broker.publish([message('for a', { routingKey: 'a' })]),
    ])
    await one.close()
    expect(texts(await ready(two))).toEqual(['for b'])
    expect(texts(await ready(await consume(broker, 'a')))).toEqual(['for a'])
  })

  test('shares its queues and its clock with brokers that were made for that', async () => {
    const clock = new VirtualClock()
    const first = new MemoryBroker({ clock })
    const second = new MemoryBroker({ sharedWith: first })
    await first.publish([message('1', { deliverAt: new Date(clock.now() + 10) })])
    await first.close()
    await clock.advance(10)
    expect(texts(await ready(await consume(second)))).toEqual(['1'])
    await expect(consume(first)).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
    expect((await first.publish([message('2')]))[0]?.status).toBe('rejected')
  })

  test('declares the largest body it is told to', () => {
    expect(new MemoryBroker({ maxBodyBytes: 100 }).capabilities.maxBodyBytes).toBe(100)
    expect(new MemoryBroker().capabilities.maxBodyBytes).toBe(268_435_456)
  })
})
