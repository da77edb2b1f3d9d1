import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMachineryError, resolveConfig } from '@machinery/core'
import { freePort } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, expect, test, vi } from 'vitest'
import { rungFor } from '../src/delay-ladder.js'
import { AmqpBroker, amqpOptionsFrom } from '../src/index.js'
import { useBench } from './fixtures/bench.js'
import { consume, errorOf, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

describeWithServer('rabbitmq', 'AmqpBroker', (url) => {
  const bench = useBench(url)

  test('tries several servers in order', async () => {
    const urls = [`amqp://127.0.0.1:${await freePort()}`, url]
    const broker = bench.brokers.open({
      ...amqpOptionsFrom(resolveConfig({ broker: urls.join(','), multipleBrokerSeparator: ',' })),
    })
    const { other } = freshNames()
    await publish(broker, message(other))
    expect(await bench.raw.count(other)).toBe(1)
    await bench.raw.delete(other)
  })

  test('says which servers it tried, and shows no password', async () => {
    const broker = bench.brokers.open({ urls: [`amqp://user:s3cret@127.0.0.1:${await freePort()}/v`] })
    const [settled] = await broker.publish([message('any')])
    expect(settled?.status).toBe('rejected')
    expect(errorOf(settled)).toMatch(/No connection to RabbitMQ: amqp:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/)
    const error = await consume(broker, 'any').catch((thrown: unknown) => thrown)
    expect(String(error)).not.toContain('s3cret')
    expect(JSON.stringify(settled, Object.getOwnPropertyNames(Error.prototype))).not.toContain('s3cret')
  })

  test('gives up a server that takes connections and says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await vi.waitUntil(() => silent.listening)
    const { port } = silent.address() as { port: number }
    const { other } = freshNames()
    const broker = bench.brokers.open({ urls: [`amqp://127.0.0.1:${port}`, url], connectTimeoutMs: 600 })
    await publish(broker, message(other))
    silent.close()
    await bench.raw.delete(other)
  })

  test('leaves a connection that it was given open', async () => {
    const { other } = freshNames()
    const broker = new AmqpBroker({ connection: bench.raw.model })
    await publish(broker, message(other, 'hello'))
    const consumer = await consume(broker, other)
    expect((await take(consumer, 1)).map(textOf)).toEqual(['hello'])
    await broker.close()
    expect(await bench.raw.count(other)).toBe(1)
    expect(bench.raw.model.listenerCount('close')).toBe(0)
    await bench.raw.delete(other)
  })

  test('publishes again after the server closed a channel over a queue that was declared otherwise', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    await bench.raw.declare(other, { arguments: { 'x-max-length': 5 } })
    const settled = await broker.publish([message(other), message(`${other}-2`)])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'ok'])
    expect(errorOf(settled[0])).toContain("inequivalent arg 'x-max-length'")
    await expect(consume(broker, other)).rejects.toThrow("inequivalent arg 'x-max-length'")
    await bench.raw.delete(other)
    await publish(broker, message(other))
    await bench.raw.delete(other, `${other}-2`)
  })

  test('a queue that was deleted costs one message an error, and is then there again', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    await publish(broker, message(other))
    await bench.raw.delete(other)
    const settled = await broker.publish([message(other, 'returned'), message(other, 'returned')])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(errorOf(settled[0])).toContain('NO_ROUTE')
    await publish(broker, message(other, 'stored'))
    expect(await bench.raw.count(other)).toBe(1)
    await bench.raw.delete(other)
  })

  test('an exchange that was deleted costs a message an error, and is then there again', async () => {
    const { exchange, other } = freshNames()
    const broker = bench.brokers.open({ url, exchange })
    await publish(broker, message(other, 'before'))
    await bench.raw.deleteExchange(exchange)
    const [settled] = await broker.publish([message(other, 'lost')])
    expect(settled?.status).not.toBe('ok')
    expect(errorOf(settled)).toContain(`no exchange '${exchange}'`)
    await publish(broker, message(other, 'after'))
    await bench.raw.delete(other)
    await bench.raw.deleteExchange(exchange)
  })

  test('tells of a message that a full queue refuses', async () => {
    const { other } = freshNames()
    const queueDeclareArgs = { 'x-max-length': 1, 'x-overflow': 'reject-publish' }
    const broker = bench.brokers.open({ url, queueDeclareArgs })
    await publish(broker, message(other))
    const [settled] = await broker.publish([message(other)])
    expect(settled?.status).toBe('rejected')
    expect(errorOf(settled)).toContain('refused')
    await bench.raw.delete(other)
  })

  test('a consumer whose queue is deleted fails, and the next one declares it again', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    const consumer = await consume(broker, other)
    const receiving = consumer.receive(1, new AbortController().signal)
    receiving.catch(() => {})
    await bench.raw.delete(other)
    await expect(receiving).rejects.toThrow('cancelled the consumer')
    await consumer.close()
    const next = await consume(broker, other)
    await publish(broker, message(other, 'after'))
    expect((await take(next, 1)).map(textOf)).toEqual(['after'])
    await bench.raw.delete(other)
  })

  test('a channel that the server closes makes its handles inert', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    const consumer = await consume(broker, other)
    await publish(broker, message(other, 'one'), message(other, 'two'))
    const held = await take(consumer, 2)
    await bench.raw.delete(other)
    await expect(consumer.receive(1, new AbortController().signal)).rejects.toThrow('ended')
    for (const settling of [consumer.ack(held), consumer.nack(held), consumer.reject(held, 'why')]) {
      expect((await settling).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    }
  })

  test('acks in any order and combination, none of which touches the rest', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    const texts = Array.from({ length: 12 }, (_, index) => `text-${index}`)
    await publish(broker, ...texts.map((text) => message(other, text)))
    const consumer = await consume(broker, other, 20)
    const taken = await take(consumer, 12)
    for (const chosen of [[3], [0, 1, 2], [9, 7], [4, 6], [5, 4]]) {
      await consumer.ack(chosen.map((index) => taken[index]!))
    }
    await consumer.close()
    const rest = await take(await consume(broker, other), 3)
    expect(rest.map(textOf)).toEqual(['text-8', 'text-10', 'text-11'])
    await bench.raw.delete(other)
  })

  test('a worker that is busy leaves to others what it asked for when it was not', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    const greedy = await consume(broker, other, 1)
    await publish(broker, ...Array.from({ length: 40 }, (_, index) => message(other, String(index))))
    const first = await take(greedy, 20)
    // It asks no more. What was pushed to it meanwhile goes to the next one.
    const second = await consume(broker, other, 30)
    const rest = await take(second, 19, 3_000)
    expect(new Set([...first, ...rest].map(textOf)).size).toBe(39)
    await bench.raw.delete(other)
  })

  test('a busy worker that asks for the next one before the last is acknowledged leaves the others in the queue', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    const busy = await consume(broker, other, 1)
    await publish(broker, ...Array.from({ length: 40 }, (_, index) => message(other, String(index))))
    let taken = await take(busy, 1)
    for (let done = 1; done < 20; done++) {
      const next = take(busy, 1)
      await sleep(20)
      await busy.ack(taken)
      taken = await next
    }
    expect(await bench.raw.count(other)).toBeGreaterThanOrEqual(40 - 20 - 3)
    await bench.raw.delete(other)
  })

  test('a worker of one task at a time does not hold a second one', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    const one = await consume(broker, other, 1)
    await publish(broker, message(other, 'a'), message(other, 'b'))
    await take(one, 1)
    await sleep(100)
    expect(await bench.raw.count(other)).toBe(1)
    await bench.raw.delete(other)
  })

  test('lists delayed messages that another process published', async () => {
    const { other, ...names } = freshNames()
    const [one, two] = [bench.brokers.open({ url, ...names }), bench.brokers.open({ url, ...names })]
    const deliverAt = new Date(Date.now() + 3_600_000)
    await publish(one, message(names.bindingKey, 'in an hour', { deliverAt }))
    const consumer = await consume(one, names.defaultQueue)
    await publish(one, message(names.bindingKey, 'now'))
    await consumer.nack(await take(consumer, 1), { delayMs: 60_000 })
    // One after the other: what is being listed does not count.
    const listed = await two.delayedMessages(10, names.defaultQueue)
    const counts = await two.countMessages(names.defaultQueue)
    expect(listed.map(({ body }) => Buffer.from(body).toString())).toEqual(['now', 'in an hour'])
    expect(listed[1]?.deliverAt).toEqual(deliverAt)
    expect(counts).toEqual({ pending: 0, delayed: 2, dead: 0, inFlight: 0 })
    expect(await two.delayedMessages(10, other)).toEqual([])
  })

  test('takes large bodies, and names too long for a queue of the ladder', async () => {
    const queue = `long-${'x'.repeat(230)}`
    const broker = bench.brokers.open({ url })
    const body = 'é'.repeat(500_000)
    await publish(broker, message(queue, body, { deliverAt: new Date(Date.now() + 100) }))
    expect((await take(await consume(broker, queue), 1)).map(textOf)).toEqual([body])
    await bench.raw.delete(queue)
  })

  test('says what header it cannot send, and sends the others', async () => {
    const { other } = freshNames()
    const broker = bench.brokers.open({ url })
    const settled = await broker.publish([
      message(other, 'big', { headers: { a: 'x'.repeat(70_000) } }),
      message(other),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'ok'])
    await bench.raw.delete(other)
  })
})

describe('the ladder of delays', () => {
  const target = { exchange: 'e', key: 'k' }

  test('rounds up, by 20 ms or 5 % at most', () => {
    for (let ms = 1; ms < 3e11; ms = Math.ceil(ms * 1.003)) {
      const rung = rungFor(ms, target)
      expect(rung.ms).toBeGreaterThanOrEqual(ms)
      expect(rung.ms - ms).toBeLessThanOrEqual(Math.max(20, ms * 0.05))
    }
  })

  test('has few queues, whose names say what they are', () => {
    const queues = new Set<string>()
    for (let ms = 1; ms <= 100_000; ms++) queues.add(rungFor(ms, target).queue)
    expect(queues.size).toBeLessThan(450)
    expect(rungFor(1_470, target).queue).toBe('ts.delay.1500.e.k')
  })
})

describe('options', () => {
  test('are those of Machinery by default', () => {
    const broker = new AmqpBroker(amqpOptionsFrom(resolveConfig({})))
    expect(broker.defaultRoutingKey).toBe('machinery_task')
    expect(broker.capabilities).toEqual({
      maxDelayMs: 315_000_000_000,
      maxPriority: 0,
      maxBodyBytes: 16_777_216,
      redelivery: 'after-consumer-loss',
      maxUnsettledMs: 1_800_000,
    })
  })

  test('name the consumer timeout of the server, of the queue before all', () => {
    expect(new AmqpBroker({ consumerTimeoutMs: Number.POSITIVE_INFINITY }).capabilities).not.toHaveProperty(
      'maxUnsettledMs',
    )
    const queueDeclareArgs = { 'x-consumer-timeout': 60_000 }
    expect(new AmqpBroker({ queueDeclareArgs }).capabilities.maxUnsettledMs).toBe(60_000)
  })

  test.each([
    [{ exchange: '' }, 'exchange must not be empty'],
    [{ prefetchCount: 70_000 }, 'prefetchCount must be a whole number from 0 to 65535, got 70000'],
    [{ delays: 'go', delayedQueue: 'd' } as const, 'delayedQueue and delays contradict each other'],
    [{ url: 'amqp://localhost', urls: ['amqp://localhost'] }, 'url and urls contradict each other'],
    [{ urls: [] }, 'urls is empty'],
    [{ url: 'amqp://u:s3cret@h', tls: { ca: 'x' } }, 'amqp://h asks for no TLS'],
    [{ url: 'redis://u:s3cret@h' }, 'redis://h is no URL of the form amqp://'],
    [{ heartbeatSeconds: -1 }, 'heartbeatSeconds must be a whole number between 0 and 65535, got -1'],
    [{ publishTimeoutMs: 0 }, 'publishTimeoutMs must be a whole number from 1'],
    [{ consumerTimeoutMs: 0 }, 'consumerTimeoutMs must be above 0'],
  ])('%j are refused at once', (options, text) => {
    let thrown: unknown
    try {
      new AmqpBroker(options)
    } catch (error) {
      thrown = error
    }
    expect(isMachineryError(thrown, 'MACHINERY_CONFIGURATION')).toBe(true)
    expect(String(thrown)).toContain(text)
    expect(String(thrown)).not.toContain('s3cret')
  })

  test('come from the configuration only where its broker is RabbitMQ', () => {
    expect(() => amqpOptionsFrom(resolveConfig({ broker: 'redis://localhost:6379' }))).toThrow('is not RabbitMQ')
  })
})
