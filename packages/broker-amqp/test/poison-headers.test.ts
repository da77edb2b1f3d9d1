import { newSignature, resolveConfig, Server, silentLogger } from '@machinery/core'
import { MemoryBackend, MemoryLock } from '@machinery/core/memory'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test, vi } from 'vitest'
import { AmqpBroker } from '../src/index.js'
import { useBench } from './fixtures/bench.js'
import { consume, publish, take, textOf } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'
import { double, header, nested, publishWithHeaders, table, text, timestamp } from './fixtures/raw-headers.js'

const cannotBeCopied: [string, Buffer][] = [
  ['of 70 KB', text('x'.repeat(70_000))],
  ['that is a number beyond 64 bits', double(-1e30)],
  ['that is the last timestamp', timestamp(2n ** 64n - 1n)],
  ['that is a table with the key "!"', table(header('!', text('nonsense')))],
]
const cannotBeRead: [string, Buffer][] = [
  ['of lists nested 5,000 deep', nested(5_000)],
  ['of lists nested 20,000 deep', nested(20_000)],
]

describeWithServer('rabbitmq', 'a message with a header', (url) => {
  const bench = useBench(url)

  test.each([...cannotBeCopied, ...cannotBeRead])(
    '%s is parked when it is no task, and others run',
    {
      timeout: 15_000,
    },
    async (_what, value) => {
      const { exchange, defaultQueue } = freshNames()
      const logged: string[] = []
      const note = (line: string) => void logged.push(line)
      const broker = new AmqpBroker({ url, exchange, defaultQueue, bindingKey: defaultQueue })
      const config = {
        ...resolveConfig({ defaultQueue, noUnixSignals: true }),
        logger: { ...silentLogger, warn: note, error: note },
      }
      await using server = new Server(config, broker, new MemoryBackend(), new MemoryLock())
      server.registerTask('note', (line: string) => line)
      void server.newWorker('w', { concurrency: 2 }).launch()
      await vi.waitUntil(() => bench.raw.exists(defaultQueue), { timeout: 5_000, interval: 20 })
      await publishWithHeaders(url, defaultQueue, 'garbage', header('n', value))
      const result = await server.sendTask(newSignature('note', [{ type: 'string', value: 'after' }]))
      expect(await result.get({ timeout: '5s' })).toBe('after')
      await vi.waitUntil(async () => (await broker.countMessages(defaultQueue)).dead === 1, 5_000)
      const [dead] = await broker.deadMessages(defaultQueue, 10)
      expect(Buffer.from(dead?.body ?? []).toString()).toBe('garbage')
      expect(dead?.reason).toMatch(/^Could not unmarshal/)
      expect(logged).toHaveLength(1)
    },
  )

  test.each(cannotBeCopied)(
    '%s keeps its body and its reason when it is parked, and says what it lost',
    async (_what, value) => {
      const broker = bench.brokers.open({ url })
      const { other } = freshNames()
      const consumer = await consume(broker, other)
      await publishWithHeaders(url, other, 'body', header('n', value))
      expect(await consumer.reject(await take(consumer, 1), 'the reason')).toEqual([{ status: 'ok' }])
      const [dead] = await broker.deadMessages(other, 10)
      expect(Buffer.from(dead?.body ?? []).toString()).toBe('body')
      expect(dead?.reason).toMatch(/^the reason Its headers could not be copied: ./)
      expect(await bench.raw.count(other)).toBe(0)
    },
  )

  test.each(cannotBeCopied)('%s comes again after its delay when it is given back', async (_what, value) => {
    const broker = bench.brokers.open({ url })
    const { other } = freshNames()
    const consumer = await consume(broker, other)
    await publishWithHeaders(url, other, 'body', header('n', value))
    expect(await consumer.nack(await take(consumer, 1), { delayMs: 50 })).toEqual([{ status: 'ok' }])
    const [again] = await take(consumer, 1)
    expect(again?.deliveryCount).toBe(2)
    expect(again && textOf(again)).toBe('body')
  })

  test.each(cannotBeRead)('%s is delivered without its headers, on the same connection', async (_what, value) => {
    const broker = bench.brokers.open({ url })
    const { other } = freshNames()
    const consumer = await consume(broker, other)
    await publishWithHeaders(url, other, 'body', header('n', value))
    await publish(broker, { routingKey: other, body: Buffer.from('next') })
    const taken = await take(consumer, 2)
    expect(taken.map(textOf)).toEqual(['body', 'next'])
    expect(await consumer.ack(taken)).toEqual([{ status: 'ok' }, { status: 'ok' }])
  })
})
