import { isMachineryError } from '@machinery/core'
import { startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { connect } from 'amqplib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { AmqpBroker } from '../src/index.js'
import { consume, message, publish } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

describeWithServer('rabbitmq-server', 'a broker on a connection that was given', () => {
  let server: TestRabbitMq
  beforeAll(async () => {
    server = await startRabbitMq()
  }, 60_000)
  afterAll(() => server.stop())

  async function countOf(what: 'channels' | 'consumers'): Promise<number> {
    const listed = await server.ctl('-q', `list_${what}`, what === 'channels' ? 'pid' : 'channel_pid')
    return listed.split('\n').filter((line) => line.startsWith('<')).length
  }

  test('leaves neither channels nor consumers when it is closed', { timeout: 20_000 }, async () => {
    const model = await connect(server.url)
    for (let index = 0; index < 5; index++) {
      const broker = new AmqpBroker({ connection: model })
      const { other } = freshNames()
      await publish(broker, message(other))
      await consume(broker, other)
      await broker.countMessages(other)
      await broker.close()
    }
    await vi.waitUntil(async () => (await countOf('channels')) === 0, { timeout: 10_000, interval: 200 })
    expect(await countOf('consumers')).toBe(0)
    expect(model.listenerCount('error')).toBe(0)
    await model.close()
  })

  test('closed while it starts to read refuses that, and reads no more', { timeout: 20_000 }, async () => {
    const model = await connect(server.url)
    const { other } = freshNames()
    const broker = new AmqpBroker({ connection: model })
    await publish(broker, message(other))
    for (const turns of [0, 1, 5]) {
      const late = turns === 0 ? broker : new AmqpBroker({ connection: model })
      const consuming = consume(late, other)
      consuming.catch(() => {})
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      await late.close()
      await expect(consuming).rejects.toSatisfy((error) => isMachineryError(error, 'MACHINERY_CLOSED'))
    }
    await vi.waitUntil(async () => (await countOf('consumers')) === 0, { timeout: 10_000, interval: 200 })
    await model.close()
  })
})
