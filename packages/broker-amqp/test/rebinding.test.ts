import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test, vi } from 'vitest'
import { useOwnServer } from './fixtures/bench.js'
import { consume, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

/** RabbitMQ does not tell consumers that their exchange was deleted; publishers declare it, and the default queue only. */
describeWithServer('rabbitmq-server', 'AmqpBroker, when its exchange was deleted,', () => {
  const bench = useOwnServer()

  test.each([
    { exchangeType: 'fanout', ofWorker: {}, key: 'any' },
    { exchangeType: 'topic', ofWorker: { bindingKey: 'images.*' }, key: 'images.resize' },
  ])(
    'binds the queue of each worker to the new one within ten seconds: $exchangeType',
    {
      timeout: 40_000,
    },
    async ({ exchangeType, ofWorker, key }) => {
      const { exchange, defaultQueue, bindingKey, other } = freshNames()
      const options = { url: bench.server.url, exchange, exchangeType, defaultQueue, bindingKey }
      const worker = bench.brokers.open({ ...options, ...ofWorker })
      const consumer = await consume(worker, other)
      await publish(worker, message(key, 'before'))
      expect((await take(consumer, 1)).map(textOf)).toEqual(['before'])
      const deletedAt = performance.now()
      await bench.raw.deleteExchange(exchange)
      const producer = bench.brokers.open(options)
      const received = await vi.waitUntil(
        async () => {
          await producer.publish([message(key, 'after')])
          return (await consumer.receive(1, AbortSignal.timeout(300)))[0]
        },
        { timeout: 30_000, interval: 50 },
      )
      expect(textOf(received)).toBe('after')
      expect(performance.now() - deletedAt).toBeLessThan(13_000)
    },
  )

  test('declares nothing any more once the worker has stopped reading', { timeout: 40_000 }, async () => {
    const { exchange, defaultQueue, bindingKey, other } = freshNames()
    const worker = bench.brokers.open({ url: bench.server.url, exchange, defaultQueue, bindingKey })
    const stopped = await consume(worker, other)
    const reading = await consume(worker, defaultQueue)
    await stopped.close()
    await bench.raw.delete(other)
    await bench.raw.deleteExchange(exchange)
    // The other one's turn comes after: it began later.
    await vi.waitUntil(() => exchangeExists(exchange), { timeout: 20_000, interval: 100 })
    expect(await bench.raw.exists(other)).toBe(false)
    await reading.close()
  })

  function exchangeExists(name: string): Promise<boolean> {
    return bench.raw
      .on((channel) => channel.checkExchange(name))
      .then(
        () => true,
        () => false,
      )
  }
})
