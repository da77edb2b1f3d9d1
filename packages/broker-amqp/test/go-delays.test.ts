import type { OutgoingMessage } from '@machinery/core/adapter'
import { type FaultProxy, startProxy, startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { AmqpBroker } from '../src/index.js'
import { Brokers, consume, errorOf, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

/** Go's queue for a delay goes after twice the delay, counted from its declaration, with all that is in it. */
describeWithServer('rabbitmq-server', "AmqpBroker with delays: 'go'", () => {
  let server: TestRabbitMq
  let proxy: FaultProxy
  const brokers = new Brokers()
  beforeAll(async () => {
    server = await startRabbitMq()
    proxy = await startProxy({ target: server })
  }, 60_000)
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
  })
  afterEach(async () => {
    proxy.delay(0)
    await brokers.close()
  })

  function dueIn(routingKey: string, body: string, ms: number): OutgoingMessage {
    return message(routingKey, body, { deliverAt: new Date(Date.now() + ms) })
  }
  async function onSlowLink(queue: string): Promise<AmqpBroker> {
    const broker = brokers.open({ url: `amqp://127.0.0.1:${proxy.port}`, delays: 'go' })
    await publish(broker, message(queue, 'at once'))
    return broker
  }

  test('a message that came too late for its queue is told as unknown, not as sent', { timeout: 30_000 }, async () => {
    const { other } = freshNames()
    const broker = await onSlowLink(other)
    // The message comes more than a delay after the declaration.
    proxy.delay(750)
    const [settled] = await broker.publish([dueIn(other, 'lost', 1_300)])
    expect(settled?.status).toBe('indeterminate')
    expect(errorOf(settled)).toMatch(/delay\.1\d\d\d\..* It may never come: send it again, or use delays: 'ladder'\./)
  })

  test('a queue whose message was confirmed late gets a longer life', { timeout: 30_000 }, async () => {
    const { other } = freshNames()
    const broker = await onSlowLink(other)
    proxy.delay(400)
    await publish(broker, dueIn(other, 'late', 2_500))
    proxy.delay(0)
    const taken = await take(await consume(brokers.open({ url: server.url }), other), 2)
    expect(taken.map(textOf)).toEqual(['at once', 'late'])
  })

  test('each message of a batch has an answer of its own', async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url: server.url, delays: 'go' })
    const settled = await broker.publish([
      message(other, 'at once'),
      { ...dueIn(other, 'unusable', 1_200), headers: { unusable: () => {} } as never },
      dueIn(other, 'later', 1_200),
      dueIn('x'.repeat(256), 'nowhere', 1_200),
      dueIn(other, 'soon', 300),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['ok', 'rejected', 'ok', 'rejected', 'ok'])
    const taken = await take(await consume(broker, other), 3)
    expect(taken.map(textOf)).toEqual(['at once', 'soon', 'later'])
  })

  test('all that is confirmed of a batch comes, though its declarations take longer than the delays', {
    timeout: 60_000,
  }, async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url: server.url, delays: 'go', publishTimeoutMs: 30_000 })
    const batch = (count: number, ms: number) =>
      Array.from({ length: count }, (_, index) => dueIn(other, String(index), ms + index))
    const start = performance.now()
    await publish(broker, ...batch(200, 3_600_000))
    const eachMs = (performance.now() - start) / 200
    const delayMs = 1_500
    const settled = await broker.publish(batch(Math.round((delayMs * 1.5) / eachMs), delayMs))
    const confirmed = settled.flatMap(({ status }, index) => (status === 'ok' ? [String(index)] : []))
    expect(confirmed.length).toBeGreaterThan(0)
    const taken = await take(await consume(broker, other, 1_000), confirmed.length, 20_000)
    expect(new Set(taken.map(textOf))).toEqual(new Set(confirmed))
  })
})
