import { type FaultProxy, startProxy, startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { AmqpBroker, AmqpBrokerOptions } from '../src/index.js'
import { Brokers, consume, errorOf, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

describeWithServer('rabbitmq-server', 'AmqpBroker', () => {
  let server: TestRabbitMq
  let proxy: FaultProxy
  let queue: string
  const brokers = new Brokers()
  const open = (options: AmqpBrokerOptions = {}): AmqpBroker =>
    brokers.open({ url: `amqp://127.0.0.1:${proxy.port}`, ...options })

  beforeAll(async () => {
    server = await startRabbitMq()
  }, 60_000)
  afterAll(() => server.stop())
  beforeEach(async () => {
    proxy = await startProxy({ target: server })
    queue = freshNames().other
  })
  afterEach(async () => {
    await brokers.close()
    await proxy.stop()
  })

  test('while the server is short of memory, publishers fail in time and workers go on', {
    timeout: 40_000,
  }, async () => {
    const broker = open({ publishTimeoutMs: 800, maxWaitingMessages: 3 })
    await publish(broker, ...['a', 'b', 'c', 'd'].map((text) => message(queue, text)))
    const consumer = await consume(broker, queue, 1)
    await consumer.ack(await take(consumer, 1))

    await server.ctl('set_vm_memory_high_watermark', '0.00001')
    try {
      // The server says that it is blocked when it is first written to, and keeps what it was sent.
      const [first] = await broker.publish([message(queue, 'first')])
      expect(first?.status).toBe('indeterminate')
      const waiting = broker.publish([message(queue, 'x'), message(queue, 'y'), message(queue, 'z')])
      const [beyond] = await broker.publish([message(queue, 'beyond')])
      expect(beyond?.status).toBe('rejected')
      expect(errorOf(beyond)).toContain('3 are waiting already')
      const settled = await waiting
      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
      expect(errorOf(settled[0])).toContain('short of memory or disk')

      for (const text of ['b', 'c', 'd']) {
        const taken = await take(consumer, 1)
        expect(taken.map(textOf)).toEqual([text])
        await consumer.ack(taken)
      }
      expect(await broker.countMessages(queue)).toMatchObject({ pending: 0, inFlight: 0 })
    } finally {
      await server.ctl('set_vm_memory_high_watermark', '0.4')
    }
    await vi.waitUntil(async () => (await broker.publish([message(queue, 'after')]))[0]?.status === 'ok', 5_000)
    expect((await take(consumer, 1)).map(textOf)).toEqual(['first'])
  })

  test('a confirmation that is lost is told as unknown, and nothing is sent twice', async () => {
    const broker = open()
    await publish(broker, message(queue, 'before'))
    proxy.dropNextReply('the body')
    const [settled] = await broker.publish([message(queue, 'the body')])
    expect(settled?.status).toBe('indeterminate')
    await publish(broker, message(queue, 'after'))
    const taken = await take(await consume(broker, queue), 3)
    expect(taken.map(textOf)).toEqual(['before', 'the body', 'after'])
  })

  test('a link that is dead without a word is found within three heartbeats, and what it held comes again', async () => {
    const broker = open({ heartbeatSeconds: 1 })
    await publish(broker, message(queue, 'held'))
    const consumer = await consume(broker, queue)
    await take(consumer, 1)
    const receiving = consumer.receive(1, new AbortController().signal)
    const start = performance.now()
    proxy.freeze(true)
    // Both sides count, and either may be the first to give up.
    await expect(receiving).rejects.toThrow(/ended: .*(?:Heartbeat timeout|ECONNRESET)/)
    expect(performance.now() - start).toBeLessThan(3_500)
    proxy.freeze(false)
    await consumer.close()
    const again = await take(await consume(broker, queue), 1)
    expect(again.map(textOf)).toEqual(['held'])
    expect(again[0]?.deliveryCount).toBe(2)
  })

  test('publishing on a dead link settles in time and goes on when it is healed', async () => {
    const broker = open({ publishTimeoutMs: 500 })
    await publish(broker, message(queue, 'before'))
    proxy.freeze(true)
    const settled = await Promise.all(['x', 'y'].map((text) => broker.publish([message(queue, text)])))
    expect(settled.flat().map(({ status }) => status)).toEqual(['indeterminate', 'indeterminate'])
    proxy.freeze(false)
    await publish(broker, message(queue, 'after'))
  })

  test('a slow server is waited for', { timeout: 30_000 }, async () => {
    const broker = open()
    proxy.delay(60)
    await publish(broker, message(queue, 'slow'))
    const consumer = await consume(broker, queue)
    const taken = await take(consumer, 1)
    expect(await consumer.ack(taken)).toEqual([{ status: 'ok' }])
    proxy.delay(0)
    expect(await consumer.receive(1, AbortSignal.timeout(300))).toEqual([])
  })

  test('closing on a dead link ends soon and leaves no connection', { timeout: 15_000 }, async () => {
    const broker = open({ callTimeoutMs: 1_000 })
    await publish(broker, message(queue, 'held'))
    const consumer = await consume(broker, queue)
    await take(consumer, 1)
    proxy.freeze(true)
    const start = performance.now()
    await broker.close()
    expect(performance.now() - start).toBeLessThan(4_000)
    proxy.freeze(false)
    await vi.waitUntil(() => proxy.connections === 0, 5_000)
  })

  test('a delivery whose copy cannot be stored comes again after a pause, not at once', async () => {
    const broker = open({ publishTimeoutMs: 300 })
    await publish(broker, message(queue, 'poison'))
    const consumer = await consume(broker, queue)
    const taken = await take(consumer, 1)
    proxy.dropRequests('the reason')
    const start = performance.now()
    const [settled] = await consumer.reject(taken, 'the reason')
    expect(settled?.status).toBe('indeterminate')
    proxy.dropRequests(undefined)
    expect((await take(consumer, 1)).map(textOf)).toEqual(['poison'])
    expect(performance.now() - start).toBeGreaterThan(950)
  })

  test('a delivery held longer than the server allows comes again, and its old handle is inert', {
    timeout: 30_000,
  }, async () => {
    // The server looks at each channel once a minute, unless told otherwise before the channel opens.
    const settings =
      'application:set_env(rabbit, consumer_timeout, 1000), application:set_env(rabbit, channel_tick_interval, 300).'
    await server.ctl('eval', settings)
    // RabbitMQ 4.3 and later time consumers of quorum queues only.
    const broker = open({ queueDeclareArgs: { 'x-queue-type': 'quorum' } })
    await publish(broker, message(queue, 'long'))
    const consumer = await consume(broker, queue)
    const held = await take(consumer, 1)
    await expect(consumer.receive(1, AbortSignal.timeout(8_000))).rejects.toThrow(
      /raise consumer_timeout|longer than its consumer_timeout/,
    )
    expect((await consumer.ack(held))[0]?.status).toBe('rejected')
    await consumer.close()
    const again = await take(await consume(broker, queue), 1)
    expect(again.map(textOf)).toEqual(['long'])
  })
})
