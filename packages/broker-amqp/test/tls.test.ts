import { resolveConfig } from '@machinery/core'
import { startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { amqpOptionsFrom } from '../src/index.js'
import { Brokers, consume, errorOf, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

describeWithServer('rabbitmq-server', 'AmqpBroker through TLS', () => {
  let server: TestRabbitMq
  const brokers = new Brokers()
  beforeAll(async () => {
    server = await startRabbitMq({ tls: 'mutual' })
  }, 60_000)
  afterAll(() => server.stop())
  afterEach(() => brokers.close())

  test('publishes and reads with the certificates of the configuration, on both of its connections', {
    timeout: 20_000,
  }, async () => {
    const { url = '', ca, cert, key } = server.tls ?? {}
    const config = resolveConfig({ broker: url, tls: { ca, cert, key } })
    const broker = brokers.open(amqpOptionsFrom(config))
    const { other } = freshNames()
    await publish(broker, message(other, 'now'), message(other, 'later', { deliverAt: new Date(Date.now() + 100) }))
    const consumer = await consume(broker, other)
    const taken = await take(consumer, 2)
    expect(taken.map(textOf)).toEqual(['now', 'later'])
    expect(await consumer.reject(taken, 'why')).toEqual([{ status: 'ok' }, { status: 'ok' }])
    expect(await broker.countMessages(other)).toMatchObject({ pending: 0, dead: 2 })
    const protocols = await server.ctl('-q', '--no-table-headers', 'list_connections', 'ssl')
    expect(protocols.trim().split(/\s+/)).toEqual(['true', 'true'])
  })

  test('without a certificate publishing and reading fail, and say why', async () => {
    const { url = '', ca = '' } = server.tls ?? {}
    const broker = brokers.open({ url: url.replace('guest:guest', 'guest:hunter2'), tls: { ca } })
    const [settled] = await broker.publish([message('any')])
    expect(settled?.status).toBe('rejected')
    expect(errorOf(settled)).toContain('asks for a client certificate')
    const error: unknown = await consume(broker, 'any').catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('asks for a client certificate')
    expect(String(error) + errorOf(settled)).not.toContain('hunter2')
  })
})
