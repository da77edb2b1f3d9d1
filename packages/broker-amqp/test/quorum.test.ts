import { isMachineryError } from '@machinery/core'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Brokers, consume, errorOf, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames, RawClient } from './fixtures/raw-client.js'

const quorum = { 'x-queue-type': 'quorum' }

describeWithServer('rabbitmq', 'AmqpBroker on a quorum queue', (url) => {
  let raw: RawClient
  /** Whether the server tells what was given back from what failed, as it does since RabbitMQ 4.3. */
  let tellsFailures: boolean
  const brokers = new Brokers()
  beforeAll(async () => {
    raw = await RawClient.open(url)
    const [major, minor] = raw.model.connection.serverProperties.version.split('.').map(Number) as [number, number]
    tellsFailures = major > 4 || (major === 4 && minor >= 3)
  })
  afterAll(() => raw.close())
  afterEach(() => brokers.close())

  test('counts the deliveries of workers that were lost', async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url, queueDeclareArgs: quorum })
    await publish(broker, message(other, 'poison'))
    for (const count of [1, 2, 3, 4]) {
      const connection = await RawClient.open(url)
      const reading = brokers.open({ connection: connection.model, queueDeclareArgs: quorum })
      const taken = await take(await consume(reading, other), 1)
      expect(taken[0]?.deliveryCount).toBe(count)
      // The connection goes, and nobody gave anything back.
      await connection.close()
    }
    await raw.delete(other)
  })

  test('a busy worker does not have what it will not run, so that no delivery is counted for nothing', async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url, queueDeclareArgs: quorum })
    await publish(broker, ...Array.from({ length: 30 }, (_, index) => message(other, String(index))))
    const busy = await consume(broker, other, 2)
    // What it asks for over its concurrency was read ahead, if it was, and goes to the next one when it asks no more.
    const receiving = busy.receive(20, AbortSignal.timeout(700))
    const first = [...(await receiving), ...(await busy.receive(20, AbortSignal.timeout(300)))]
    expect(first.length).toBeGreaterThanOrEqual(2)
    const next = await consume(broker, other, 30)
    const rest = await take(next, 30 - first.length, 4_000)
    if (!tellsFailures) expect(rest.map(({ deliveryCount }) => deliveryCount)).toEqual(rest.map(() => 1))
    await raw.delete(other)
  })

  test('a message that worker after worker had ready and did not run is not dropped by the delivery limit', async () => {
    const { other } = freshNames()
    const limited = { ...quorum, 'x-delivery-limit': tellsFailures ? 3 : 6 }
    const broker = brokers.open({ url, queueDeclareArgs: limited })
    await publish(broker, message(other, 'first'), message(other, 'waiting'))
    // Before 4.3 each counts: so many are within the limit, and more would not be.
    for (let round = 0; round < (tellsFailures ? 8 : 5); round++) {
      const consumer = await consume(broker, other, 2)
      await take(consumer, 1)
      await consumer.close()
    }
    const last = await take(await consume(broker, other), 2)
    expect(last.map(textOf)).toEqual(['first', 'waiting'])
    expect(last.map(({ deliveryCount }) => deliveryCount)).toEqual(tellsFailures ? [2, 2] : [6, 6])
    await raw.delete(other)
  })

  test('messages are listed only where that does not count as a delivery', async () => {
    const { other } = freshNames()
    const limited = { ...quorum, 'x-delivery-limit': 2 }
    const broker = brokers.open({ url, queueDeclareArgs: limited })
    await publish(broker, message(other, 'a'), message(other, 'b'))
    for (let look = 0; look < 5; look++) {
      const listed = await broker.pendingMessages(other, 10).catch((error: unknown) => error)
      if (tellsFailures) expect(listed).toMatchObject([{ body: Buffer.from('a') }, { body: Buffer.from('b') }])
      else expect(isMachineryError(listed, 'MACHINERY_UNSUPPORTED')).toBe(true)
    }
    expect(await broker.countMessages(other)).toEqual({ pending: 2, delayed: 0, dead: 0, inFlight: 0 })
    const taken = await take(await consume(broker, other), 2)
    expect(taken.map(textOf)).toEqual(['a', 'b'])
    await raw.delete(other)
  })

  test('dead letters of it can be listed', async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url, queueDeclareArgs: quorum })
    await publish(broker, message(other, 'bad'))
    const consumer = await consume(broker, other)
    expect(await consumer.reject(await take(consumer, 1), 'why')).toEqual([{ status: 'ok' }])
    for (let look = 0; look < 3; look++) {
      expect(await broker.deadMessages(other, 10)).toEqual([{ body: Buffer.from('bad'), reason: 'why' }])
    }
    await raw.delete(other, `${other}.ts.dead`)
  })

  test('a delayed delivery and a delayed message reach it', async () => {
    const { other } = freshNames()
    const broker = brokers.open({ url, queueDeclareArgs: quorum })
    await publish(broker, message(other, 'later', { deliverAt: new Date(Date.now() + 100) }))
    const consumer = await consume(broker, other)
    for (const count of [1, 2, 3]) {
      const taken = await take(consumer, 1)
      expect(taken.map(textOf)).toEqual(['later'])
      expect(taken[0]?.deliveryCount).toBe(count)
      expect(await consumer.nack(taken, { delayMs: 20 })).toEqual([{ status: 'ok' }])
    }
    await raw.delete(other)
  })

  test('somebody who declares it as another kind is told so', async () => {
    const { other } = freshNames()
    await publish(brokers.open({ url, queueDeclareArgs: quorum }), message(other))
    const [settled] = await brokers.open({ url }).publish([message(other)])
    expect(settled?.status).toBe('rejected')
    expect(errorOf(settled)).toContain("inequivalent arg 'x-queue-type'")
    await raw.delete(other)
  })
})
