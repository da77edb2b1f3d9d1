import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Brokers, consume, errorOf, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames, RawClient } from './fixtures/raw-client.js'

describeWithServer('rabbitmq', 'AmqpBroker beside Go', (url) => {
  let go: RawClient
  const brokers = new Brokers()
  beforeAll(async () => {
    go = await RawClient.open(url)
  })
  afterAll(() => go.close())
  afterEach(() => brokers.close())

  describe('exchange, queues and bindings', () => {
    test('are declared as Go declares them, by workers and by publishers', async () => {
      const { exchange, defaultQueue, bindingKey } = freshNames()
      const broker = brokers.open({ url, exchange, defaultQueue, bindingKey })
      await publish(broker, message(bindingKey))
      await consume(broker, defaultQueue)
      await go.on(async (channel) => {
        await channel.assertExchange(exchange, 'direct', { durable: true })
        await channel.assertQueue(defaultQueue, { durable: true, arguments: {} })
        await channel.bindQueue(defaultQueue, exchange, bindingKey, {})
      })
    })

    test('a task for the default queue waits there before any worker started, and in no other queue', async () => {
      const { exchange, defaultQueue, bindingKey } = freshNames()
      const broker = brokers.open({ url, exchange, defaultQueue, bindingKey })
      expect(broker.defaultRoutingKey).toBe(bindingKey)
      await publish(broker, message(bindingKey))
      expect(await go.count(defaultQueue)).toBe(1)
      expect(await go.exists(bindingKey)).toBe(false)
    })

    test('a worker of another queue gets what is for that queue only', async () => {
      const { exchange, defaultQueue, bindingKey, other } = freshNames()
      const broker = brokers.open({ url, exchange, defaultQueue, bindingKey })
      const consumer = await consume(broker, other)
      await publish(broker, message(bindingKey, 'default'), message(other, 'other'))
      expect((await take(consumer, 1)).map(textOf)).toEqual(['other'])
      expect(await go.count(defaultQueue)).toBe(1)
      expect(await go.count(other)).toBe(0)
    })

    test('with bindGlobalKey it gets a copy of what is for the default queue, as in Go', async () => {
      const { exchange, defaultQueue, bindingKey, other } = freshNames()
      const broker = brokers.open({ url, exchange, defaultQueue, bindingKey, bindGlobalKey: true })
      const consumer = await consume(broker, other)
      await publish(broker, message(bindingKey, 'default'))
      expect((await take(consumer, 1)).map(textOf)).toEqual(['default'])
      expect(await go.count(defaultQueue)).toBe(1)
    })

    test('what a publisher in Go sends is read, with its topology where both names are the same', async () => {
      const { exchange, defaultQueue } = freshNames()
      const broker = brokers.open({ url, exchange, defaultQueue, bindingKey: defaultQueue })
      await go.on(async (channel) => {
        await channel.assertExchange(exchange, 'direct', { durable: true })
        await channel.assertQueue(defaultQueue, { durable: true })
        await channel.bindQueue(defaultQueue, exchange, defaultQueue, {})
        channel.publish(exchange, defaultQueue, Buffer.from('from Go'), {
          contentType: 'application/json',
          persistent: true,
        })
      })
      expect((await take(await consume(broker, defaultQueue), 1)).map(textOf)).toEqual(['from Go'])
      await publish(broker, message(defaultQueue, 'from TypeScript'))
    })

    test('a topic exchange takes what matches the binding key, and refuses what reaches no queue', async () => {
      const { exchange, defaultQueue } = freshNames()
      const broker = brokers.open({ url, exchange, exchangeType: 'topic', defaultQueue, bindingKey: 'images.*' })
      expect(broker.defaultRoutingKey).toBeUndefined()
      const settled = await broker.publish([message('images.resize'), message('videos.cut'), message('images.crop')])
      expect(settled.map(({ status }) => status)).toEqual(['ok', 'rejected', 'ok'])
      expect(errorOf(settled[1])).toContain('NO_ROUTE')
      expect(await go.count(defaultQueue)).toBe(2)
    })

    test('a fanout exchange takes a task to every queue, and a delayed one not before it is due', async () => {
      const { exchange, defaultQueue, other } = freshNames()
      const options = { url, exchange, exchangeType: 'fanout', defaultQueue, delays: 'go' } as const
      const broker = brokers.open(options)
      const [one, two] = [await consume(broker, defaultQueue), await consume(broker, other)]
      const due = Date.now() + 1_100
      await publish(broker, message('any', 'now'), message('any', 'later', { deliverAt: new Date(due) }))
      for (const consumer of [one, two]) {
        expect((await take(consumer, 1)).map(textOf)).toEqual(['now'])
        expect((await take(consumer, 1)).map(textOf)).toEqual(['later'])
        expect(Date.now()).toBeGreaterThanOrEqual(due)
      }
    })

    test('a headers exchange takes what has the headers of the binding', async () => {
      const { exchange, defaultQueue } = freshNames()
      const queueBindingArgs = { 'x-match': 'any', kind: 'image' }
      const broker = brokers.open({ url, exchange, exchangeType: 'headers', defaultQueue, queueBindingArgs })
      const settled = await broker.publish([
        message('any', 'yes', { headers: { kind: 'image' } }),
        message('any', 'no', { headers: { kind: 'video' } }),
        message('any', 'later', { headers: { kind: 'image' }, deliverAt: new Date(Date.now() + 200) }),
      ])
      expect(settled.map(({ status }) => status)).toEqual(['ok', 'rejected', 'ok'])
      expect((await take(await consume(broker, defaultQueue), 2)).map(textOf)).toEqual(['yes', 'later'])
    })
  })

  describe('messages', () => {
    test('have the properties that Go sets and no others', async () => {
      const { exchange, defaultQueue, bindingKey } = freshNames()
      const options = { url, exchange, defaultQueue, bindingKey, queueDeclareArgs: { 'x-max-priority': 10 } }
      const broker = brokers.open(options)
      expect(broker.capabilities.maxPriority).toBe(10)
      const headers = { text: 'é', flag: true, nothing: null }
      await publish(broker, message(bindingKey, '{}', { headers, priority: 0 }))
      const plain = await go.take(defaultQueue)
      const properties = Object.entries(plain?.properties ?? {}).filter(([, value]) => value !== undefined)
      expect(Object.fromEntries(properties)).toEqual({ contentType: 'application/json', deliveryMode: 2, headers })
      expect(plain?.fields).toMatchObject({ exchange, routingKey: bindingKey })
      await publish(broker, message(bindingKey, '{}', { priority: 9 }))
      expect((await go.take(defaultQueue))?.properties.priority).toBe(9)
    })

    test('with a higher priority go first', async () => {
      const { exchange, defaultQueue, bindingKey } = freshNames()
      const options = { url, exchange, defaultQueue, bindingKey, queueDeclareArgs: { 'x-max-priority': 10 } }
      const broker = brokers.open(options)
      await publish(broker, message(bindingKey, 'low'), message(bindingKey, 'high', { priority: 9 }))
      expect((await take(await consume(broker, defaultQueue), 2)).map(textOf)).toEqual(['high', 'low'])
    })
  })

  describe('delays', () => {
    test("'go' uses Go's queue for the very delay, so that Go can declare it too", async () => {
      const { exchange, defaultQueue, bindingKey } = freshNames()
      const broker = brokers.open({ url, exchange, defaultQueue, bindingKey, delays: 'go' })
      expect(broker.capabilities.maxDelayMs).toBe(157_680_000_000)
      // The next one goes out at once, so that few delays can be its.
      await publish(broker, message(bindingKey, 'first'))
      await go.take(defaultQueue)
      const longest = 2_000
      const due = Date.now() + longest
      await publish(broker, message(bindingKey, 'later', { deliverAt: new Date(due) }))
      const sent = Date.now()
      let found: { name: string; ms: number } | undefined
      for (let ms = longest; found === undefined && ms >= due - sent - 50; ms--) {
        const name = `delay.${ms}.${exchange}.${bindingKey}`
        if (await go.exists(name)) found = { name, ms }
      }
      expect(found).toBeDefined()
      const { name, ms } = found as { name: string; ms: number }
      const args = { 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': bindingKey }
      await go.declare(name, { arguments: { ...args, 'x-message-ttl': ms, 'x-expires': 2 * ms } })
      const [delivery] = await take(await consume(broker, defaultQueue), 1)
      expect(Date.now()).toBeGreaterThanOrEqual(due)
      expect(delivery && textOf(delivery)).toBe('later')
      expect(delivery?.deliveryCount).toBe(1)
    })

    test.each([{ delays: 'go' }, { delays: 'ladder' }] as const)(
      '$delays: a delayed task comes once, with its bytes, its priority and its headers',
      async ({ delays }) => {
        const { exchange, defaultQueue, bindingKey } = freshNames()
        const queueDeclareArgs = { 'x-max-priority': 5 }
        const broker = brokers.open({ url, exchange, defaultQueue, bindingKey, delays, queueDeclareArgs })
        const deliverAt = new Date(Date.now() + 1_050)
        await publish(broker, message(bindingKey, 'é\u0000', { deliverAt, priority: 4, headers: { a: 'b' } }))
        const received = await vi.waitUntil(() => go.take(defaultQueue), { timeout: 5_000, interval: 20 })
        expect(Date.now()).toBeGreaterThanOrEqual(deliverAt.getTime())
        expect(received?.content.toString()).toBe('é\u0000')
        expect(received?.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2, priority: 4 })
        expect(received?.properties.headers).toMatchObject({ a: 'b' })
        expect(await go.count(defaultQueue)).toBe(0)
      },
    )

    test("'delayedQueue' is Go's one queue with an expiration for each message, and serves one routing key", async () => {
      const { exchange, defaultQueue, bindingKey, other } = freshNames()
      const delayedQueue = `delayed-${other}`
      const broker = brokers.open({ url, exchange, defaultQueue, bindingKey, delayedQueue })
      const deliverAt = new Date(Date.now() + 60_000)
      await publish(broker, message(bindingKey, 'later', { deliverAt }))
      const args = { 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': bindingKey }
      await go.declare(delayedQueue, { arguments: args })
      const waiting = await go.take(delayedQueue)
      expect(Number(waiting?.properties.expiration)).toBeGreaterThan(58_000)
      expect(Number(waiting?.properties.expiration)).toBeLessThanOrEqual(60_000)
      const [settled] = await broker.publish([message(other, 'elsewhere', { deliverAt })])
      expect(settled?.status).toBe('rejected')
      expect(errorOf(settled)).toContain('it serves one routing key')
      await publish(broker, message(bindingKey, 'soon', { deliverAt: new Date(Date.now() + 100) }))
      expect((await take(await consume(broker, defaultQueue), 1)).map(textOf)).toEqual(['soon'])
    })

    test('a delivery given back for later comes to its own queue only, counted, without traces of its way', async () => {
      const { exchange, defaultQueue, other } = freshNames()
      const broker = brokers.open({ url, exchange, exchangeType: 'fanout', defaultQueue })
      const [consumer, neighbour] = [await consume(broker, defaultQueue), await consume(broker, other)]
      await publish(broker, message('any', 'again', { headers: { kept: 'yes' } }))
      await neighbour.ack(await take(neighbour, 1))
      for (const count of [1, 2, 3]) {
        const taken = await take(consumer, 1)
        expect(taken[0]?.deliveryCount).toBe(count)
        expect(await consumer.nack(taken, { delayMs: 30 })).toEqual([{ status: 'ok' }])
      }
      await consumer.close()
      const last = await vi.waitUntil(() => go.take(defaultQueue), { timeout: 5_000, interval: 20 })
      expect(last?.properties.headers).toMatchObject({ kept: 'yes', 'ts-deliveries': 3 })
      expect(last?.properties.headers?.['x-death']).toHaveLength(1)
      expect(await neighbour.receive(1, AbortSignal.timeout(100))).toEqual([])
    })
  })

  test('dead letters keep bytes and headers, with the reason, in a queue beside', async () => {
    const { exchange, defaultQueue, bindingKey } = freshNames()
    const broker = brokers.open({ url, exchange, defaultQueue, bindingKey })
    await publish(broker, message(bindingKey, '\u0000poison', { headers: { a: 'b' } }))
    const consumer = await consume(broker, defaultQueue)
    const reason = `no JSON: ${'x'.repeat(100_000)}`
    expect(await consumer.reject(await take(consumer, 1), reason)).toEqual([{ status: 'ok' }])
    const dead = await go.take(`${defaultQueue}.ts.dead`)
    expect(dead?.content.toString()).toBe('\u0000poison')
    expect(dead?.properties.deliveryMode).toBe(2)
    expect(dead?.properties.headers).toMatchObject({ a: 'b' })
    expect(dead?.properties.headers?.['ts-reason']).toMatch(/^no JSON: x+…$/)
    expect(await go.count(defaultQueue)).toBe(0)
  })
})
