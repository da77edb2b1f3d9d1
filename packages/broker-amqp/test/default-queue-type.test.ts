import { isMachineryError } from '@machinery/core'
import { startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Brokers, consume, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames, RawClient } from './fixtures/raw-client.js'

// The server's own tool takes a second for each list.
vi.setConfig({ testTimeout: 60_000 })

/** An operator may make quorum queues the default, of which nothing in our options tells. Older servers know no such default. */
describeWithServer('rabbitmq-server', 'AmqpBroker where quorum queues are the default', () => {
  let server: TestRabbitMq
  let raw: RawClient
  let version: readonly number[]
  const brokers = new Brokers()
  beforeAll(async () => {
    server = await startRabbitMq()
    raw = await RawClient.open(server.url)
    version = raw.model.connection.serverProperties.version.split('.').map(Number)
    if (knowsDefault()) await server.ctl('update_vhost_metadata', '/', '--default-queue-type', 'quorum')
  }, 60_000)
  afterAll(async () => {
    await raw.close()
    await server.stop()
  })
  afterEach(() => brokers.close())

  const kindsOf = async (part: string): Promise<Record<string, string>> => {
    const text = await server.ctl('-q', '--formatter', 'json', 'list_queues', 'name', 'type')
    const rows = JSON.parse(text) as { name: string; type: string }[]
    return Object.fromEntries(rows.filter(({ name }) => name.includes(part)).map(({ name, type }) => [name, type]))
  }

  test('its own queues are classic, and can be looked at as often as anybody likes', async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url: server.url })
    await publish(broker, message(other, 'dead'))
    const consumer = await consume(broker, other)
    expect(await consumer.reject(await take(consumer, 1), 'why')).toEqual([{ status: 'ok' }])
    await consumer.close()
    await publish(broker, message(other, 'delayed', { deliverAt: new Date(Date.now() + 600_000) }))
    for (let look = 0; look < 25; look++) {
      expect(await broker.deadMessages(other, 10)).toHaveLength(1)
      expect(await broker.delayedMessages(10, other)).toHaveLength(1)
    }
    const { [other]: ofTasks, ...ofOurs } = await kindsOf(other)
    expect(ofTasks).toBe(knowsDefault() ? 'quorum' : 'classic')
    expect(Object.keys(ofOurs)).toHaveLength(2)
    expect(new Set(Object.values(ofOurs))).toEqual(new Set(['classic']))
    expect(await kindsOf('ts.delays')).toEqual({ 'ts.delays': 'classic' })
  })

  test('a task queue is known for what it is, and no look takes a message away', async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url: server.url })
    await publish(broker, message(other, 'a'))
    for (let look = 0; look < 25; look++) {
      const listed = await broker.pendingMessages(other, 10).catch((error: unknown) => error)
      if (isCounted()) expect(isMachineryError(listed, 'MACHINERY_UNSUPPORTED')).toBe(true)
      else expect(listed).toHaveLength(1)
    }
    expect((await take(await consume(broker, other), 1)).map(textOf)).toEqual(['a'])
  })

  test('a worker has nothing ready that it does not run, where that counts as a delivery', async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url: server.url })
    await publish(broker, ...Array.from({ length: 30 }, (_, index) => message(other, String(index))))
    const busy = await consume(broker, other, 2)
    const first = [...(await busy.receive(20, AbortSignal.timeout(700)))]
    first.push(...(await busy.receive(20, AbortSignal.timeout(300))))
    const rest = await take(await consume(broker, other, 30), 30 - first.length)
    if (isCounted()) expect(rest.map(({ deliveryCount }) => deliveryCount)).toEqual(rest.map(() => 1))
  })

  test('a dead letter queue that somebody declared in his own way is used, and not looked into where that may cost messages', async () => {
    const { other } = freshNames()
    await raw.declare(`${other}.ts.dead`, { arguments: { 'x-queue-type': 'quorum' } })
    const broker = brokers.open({ url: server.url })
    await publish(broker, message(other, 'dead'))
    const consumer = await consume(broker, other)
    expect(await consumer.reject(await take(consumer, 1), 'why')).toEqual([{ status: 'ok' }])
    const listed = await broker.deadMessages(other, 10).catch((error: unknown) => error)
    if (countsLooks()) expect(isMachineryError(listed, 'MACHINERY_UNSUPPORTED')).toBe(true)
    else expect(listed).toHaveLength(1)
    expect(await broker.countMessages(other)).toMatchObject({ dead: 1 })
  })

  const major = (): number => version[0] ?? 0
  const knowsDefault = (): boolean => major() >= 4
  /** Whether quorum queues of this server count each look as a delivery. */
  const countsLooks = (): boolean => major() < 4 || (major() === 4 && (version[1] ?? 0) < 3)
  const isCounted = (): boolean => knowsDefault() && countsLooks()
})
