import {
  defineTask,
  type Logger,
  newSignature,
  RetryTaskLater,
  resolveConfig,
  Server,
  silentLogger,
} from '@machinery/core'
import { MemoryBackend, MemoryLock } from '@machinery/core/memory'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { AmqpBroker, type AmqpBrokerOptions } from '../src/index.js'
import { freshNames, RawClient } from './fixtures/raw-client.js'

describeWithServer('rabbitmq', 'a worker on RabbitMQ', (url) => {
  let raw: RawClient
  beforeAll(async () => {
    raw = await RawClient.open(url)
  })
  afterAll(() => raw.close())

  /** A server with a task `note` that tells what it ran. */
  function newServer(options: AmqpBrokerOptions = {}, logger: Logger = silentLogger) {
    const { exchange, defaultQueue } = freshNames()
    const broker = new AmqpBroker({ url, exchange, defaultQueue, bindingKey: defaultQueue, ...options })
    const config = { ...resolveConfig({ defaultQueue, noUnixSignals: true }), logger }
    const server = new Server(config, broker, new MemoryBackend(), new MemoryLock())
    const ran: string[] = []
    server.registerTask('note', (text: string) => {
      ran.push(text)
      return text
    })
    const send = (text: string) => server.sendTask(newSignature('note', [{ type: 'string', value: text }]))
    return { server, broker, ran, send, exchange, queue: defaultQueue }
  }

  test('reads again, and publishes again, after its queue and its exchange were deleted', {
    timeout: 20_000,
  }, async () => {
    const { server, ran, send, exchange, queue } = newServer()
    await using _server = server
    void server.newWorker('w', { concurrency: 3 }).launch()
    expect(await (await send('before')).get({ timeout: '5s' })).toBe('before')
    await raw.delete(queue)
    await vi.waitUntil(() => raw.exists(queue), { timeout: 10_000, interval: 20 })
    await vi.waitUntil(() => send('queue').then(Boolean, () => false), { timeout: 5_000, interval: 50 })
    await raw.on((channel) => channel.deleteExchange(exchange))
    // One message may be lost on the way to find that out: it is told so.
    await vi.waitUntil(() => send('exchange').then(Boolean, () => false), { timeout: 10_000, interval: 50 })
    await vi.waitUntil(() => ran.includes('queue') && ran.includes('exchange'), { timeout: 10_000, interval: 20 })
    expect(ran).toEqual(['before', 'queue', 'exchange'])
  })

  test('runs a task again in time that asks for it, and keeps its result', async () => {
    const { server } = newServer()
    await using _server = server
    let runs = 0
    server.registerTask('later', () => {
      if (++runs < 3) throw new RetryTaskLater({ delayMs: 50, message: 'not yet' })
      return runs
    })
    void server.newWorker('w', { concurrency: 1 }).launch()
    expect(await (await server.sendTask(newSignature('later', []))).get({ timeout: '5s' })).toBe(3)
  })

  test('parks what is no task, and goes on', async () => {
    const { server, broker, send, exchange, queue } = newServer()
    await using _server = server
    void server.newWorker('w', { concurrency: 1 }).launch()
    await send('first')
    await raw.on(async (channel) => {
      channel.publish(exchange, queue, Buffer.from(''), { persistent: true })
      channel.publish(exchange, queue, Buffer.from('{"UUID":'), { persistent: true })
    })
    expect(await (await send('last')).get({ timeout: '5s' })).toBe('last')
    await vi.waitUntil(async () => (await broker.countMessages(queue)).dead === 2, { timeout: 5_000, interval: 20 })
    const dead = await broker.deadMessages(queue, 10)
    expect(dead.map(({ body }) => Buffer.from(body).toString()).sort()).toEqual(['', '{"UUID":'])
    for (const { reason } of dead) expect(reason).toBeTruthy()
  })

  test('a message that comes twice is run once', async () => {
    const { server, ran, exchange, queue } = newServer()
    await using _server = server
    void server.newWorker('w', { concurrency: 4 }).launch()
    const body = Buffer.from(
      JSON.stringify({
        UUID: 'task_twice',
        Name: 'note',
        RoutingKey: queue,
        Args: [{ Type: 'string', Value: 'once' }],
      }),
    )
    const put = () => raw.on(async (channel) => void channel.publish(exchange, queue, body, { persistent: true }))
    await vi.waitUntil(() => raw.exists(queue), { timeout: 5_000, interval: 20 })
    await put()
    await vi.waitUntil(() => ran.length === 1, { timeout: 5_000, interval: 20 })
    expect(await server.asyncResult('task_twice').get({ timeout: '5s' })).toBe('once')
    await put()
    // What comes after it is done after it.
    await (await server.sendTask(newSignature('note', [{ type: 'string', value: 'end' }]))).get({ timeout: '5s' })
    await vi.waitUntil(async () => (await raw.count(queue)) === 0, { timeout: 5_000, interval: 20 })
    expect(ran).toEqual(['once', 'end'])
  })

  test.each([
    ['the consumer timeout', { consumerTimeoutMs: 60_000 }],
    ['the x-consumer-timeout of its queue', { queueDeclareArgs: { 'x-consumer-timeout': 60_000 } }],
  ])('warns at its start of a task that may take longer than %s', async (_name, options) => {
    const warnings: string[] = []
    const logger: Logger = { ...silentLogger, warn: (text) => void warnings.push(text) }
    const { server } = newServer(options, logger)
    await using _server = server
    server.registerTask(defineTask('long', { timeout: '2m' }), () => undefined)
    server.registerTask(defineTask('short', { timeout: '1m' }), () => undefined)
    void server.newWorker('w', { concurrency: 1 }).launch()
    expect(warnings.filter((text) => text.startsWith('Task '))).toEqual([
      expect.stringMatching(/^Task long may run for 120000 ms, but the amqp broker takes messages back .* 60000 ms/),
    ])
  })

  test('runs nothing that was sent to the default queue of another service on the same exchange', async () => {
    const { exchange, defaultQueue: production } = freshNames()
    const { defaultQueue: staging } = freshNames()
    const open = (defaultQueue: string) => {
      const broker = new AmqpBroker({ url, exchange, defaultQueue })
      const server = new Server(
        { defaultQueue, logger: silentLogger, noUnixSignals: true },
        broker,
        new MemoryBackend(),
      )
      const ran: string[] = []
      server.registerTask('note', (text: string) => void ran.push(text))
      return { server, ran, launch: () => void server.newWorker('w', { concurrency: 3 }).launch() }
    }
    const [ours, theirs] = [open(production), open(staging)]
    await using _ours = ours.server
    await using _theirs = theirs.server
    ours.launch()
    theirs.launch()
    await vi.waitUntil(async () => (await raw.exists(production)) && (await raw.exists(staging)), { timeout: 10_000 })
    const signatures = Array.from({ length: 10 }, (_, n) =>
      newSignature('note', [{ type: 'string', value: String(n) }]),
    )
    await ours.server.sendTasks(signatures)
    await theirs.server.sendTask(newSignature('note', [{ type: 'string', value: 'theirs' }]))
    await vi.waitUntil(() => ours.ran.length >= 10 && theirs.ran.length >= 1, { timeout: 10_000 })
    expect(ours.ran.toSorted()).toEqual(signatures.map((_, n) => String(n)))
    expect(theirs.ran).toEqual(['theirs'])
  })

  test('is refused where server and broker name different default queues', async () => {
    const broker = new AmqpBroker({ url, defaultQueue: 'one' })
    expect(() => new Server({ defaultQueue: 'two' }, broker, new MemoryBackend())).toThrow(
      'The server\'s defaultQueue is "two" and that of the amqp broker "one"',
    )
    await broker.close()
  })
})
