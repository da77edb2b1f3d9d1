import type { Consumer } from '@machinery/core/adapter'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, expect, test, vi } from 'vitest'
import type { AmqpBroker } from '../src/index.js'
import { useBench } from './fixtures/bench.js'
import { consume, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

describeWithServer('rabbitmq', 'deliveries of AmqpBroker', (url) => {
  const bench = useBench(url)

  describe('of a channel that has ended', () => {
    test('cannot be settled on the next one, whose deliveries have the same tags', async () => {
      const { other } = freshNames()
      const broker = bench.brokers.open({ url })
      await publish(broker, message(other, 'one'), message(other, 'two'))
      const before = await consume(broker, other)
      const stale = await take(before, 2)
      await before.close()
      const after = await consume(broker, other)
      const held = await take(after, 2)
      for (const settle of ['ack', 'nack'] as const) {
        expect((await after[settle](stale)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
        expect((await before[settle](stale)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      }
      expect((await after.reject(stale, 'why')).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      await after.close()
      // None of it reached the server: both are still there.
      expect((await take(await consume(broker, other), 2)).map(textOf)).toEqual(held.map(textOf))
      expect(await broker.countMessages(other)).toMatchObject({ dead: 0 })
      await bench.raw.delete(other)
    })

    test('come again, and those settled before do not', async () => {
      const { other } = freshNames()
      const broker = bench.brokers.open({ url })
      await publish(broker, ...['a', 'b', 'c'].map((text) => message(other, text)))
      const consumer = await consume(broker, other)
      const [a, b] = await take(consumer, 3)
      expect(await consumer.ack(b ? [b] : [])).toEqual([{ status: 'ok' }])
      await consumer.close()
      expect(a && (await consumer.ack([a]))[0]?.status).toBe('rejected')
      expect((await take(await consume(broker, other), 2)).map(textOf)).toEqual(['a', 'c'])
      await bench.raw.delete(other)
    })
  })

  describe('prefetchCount', () => {
    /** How many of 30 messages the server pushed to one who asked for one. */
    async function pushed(broker: AmqpBroker, queue: string, maxUnsettled: number): Promise<Consumer> {
      await publish(broker, ...Array.from({ length: 30 }, (_, index) => message(queue, String(index))))
      const consumer = await broker.consume({ queue, consumerTag: 'worker', concurrency: 2, maxUnsettled })
      await take(consumer, 1)
      return consumer
    }

    test.each([
      [undefined, 2],
      [1, 2],
      [7, 7],
      [0, 20],
    ])('of %s lets a worker of two tasks at once, that may hold 20, hold %d', async (prefetchCount, expected) => {
      const { other } = freshNames()
      const broker = bench.brokers.open({ url, ...(prefetchCount !== undefined && { prefetchCount }) })
      await pushed(broker, other, 20)
      await vi.waitUntil(async () => (await bench.raw.count(other)) <= 30 - expected, { timeout: 3_000, interval: 20 })
      expect(await bench.raw.count(other)).toBe(30 - expected)
      await bench.raw.delete(other)
    })
  })

  describe('delayed', () => {
    test.each(['go', 'ladder'] as const)('on a topic exchange by %s, reach who is bound', async (delays) => {
      const { exchange, defaultQueue, other } = freshNames()
      const base = { url, exchange, exchangeType: 'topic', delays } as const
      const images = bench.brokers.open({ ...base, defaultQueue, bindingKey: 'images.#' })
      const all = bench.brokers.open({ ...base, defaultQueue: other, bindingKey: '#' })
      const [one, two] = [await consume(images, defaultQueue), await consume(all, other)]
      const deliverAt = new Date(Date.now() + (delays === 'go' ? 1_050 : 100))
      await publish(images, message('images.a.b', 'image', { deliverAt }))
      await publish(all, message('videos', 'video', { deliverAt }))
      expect((await take(one, 1)).map(textOf)).toEqual(['image'])
      expect((await take(two, 2)).map(textOf).sort()).toEqual(['image', 'video'])
      expect(Date.now()).toBeGreaterThanOrEqual(deliverAt.getTime())
    })

    test('by the ladder, on a fanout exchange, reach every queue once, and not before they are due', async () => {
      const { exchange, defaultQueue, other } = freshNames()
      const broker = bench.brokers.open({ url, exchange, exchangeType: 'fanout', defaultQueue })
      const readers = [await consume(broker, defaultQueue), await consume(broker, other)]
      const deliverAt = new Date(Date.now() + 150)
      await publish(broker, message('any', 'later', { deliverAt }))
      for (const reader of readers) {
        expect((await take(reader, 1)).map(textOf)).toEqual(['later'])
        expect(Date.now()).toBeGreaterThanOrEqual(deliverAt.getTime())
        expect(await reader.receive(1, AbortSignal.timeout(60))).toEqual([])
      }
    })

    test('by delayedQueue, each has its own time, and what is due comes after what is before it', async () => {
      const { exchange, defaultQueue, other } = freshNames()
      const delayedQueue = `delayed-${other}`
      const broker = bench.brokers.open({
        url,
        exchange,
        defaultQueue,
        bindingKey: defaultQueue,
        delayedQueue,
        autoDelete: true,
      })
      const consumer = await consume(broker, defaultQueue)
      const start = Date.now()
      await publish(broker, message(defaultQueue, 'long', { deliverAt: new Date(start + 400) }))
      await publish(broker, message(defaultQueue, 'short', { deliverAt: new Date(start + 50) }))
      expect((await take(consumer, 2)).map(textOf)).toEqual(['long', 'short'])
      expect(Date.now()).toBeGreaterThanOrEqual(start + 400)
      await expect(bench.raw.declare(delayedQueue)).rejects.toThrow('PRECONDITION')
      const args = { 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': defaultQueue }
      await bench.raw.declare(delayedQueue, { autoDelete: true, arguments: args })
      await bench.raw.delete(delayedQueue)
    })
  })
})
