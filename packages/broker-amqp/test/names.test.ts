import { isMachineryError } from '@machinery/core'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test } from 'vitest'
import { useBench } from './fixtures/bench.js'
import { consume, errorOf, message, publish, take, textOf } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

const tooLong = 'x'.repeat(256)

describeWithServer('rabbitmq', 'AmqpBroker', (url) => {
  const bench = useBench(url)

  test.each(['direct', 'fanout'])(
    'refuses a routing key that AMQP cannot take on a %s exchange, and nothing else',
    async (exchangeType) => {
      const { exchange, defaultQueue, bindingKey, other } = freshNames()
      const broker = bench.brokers.open({ url, exchange, exchangeType, defaultQueue, bindingKey })
      const start = performance.now()
      const later = new Date(Date.now() + 60_000)
      const settled = await broker.publish([
        message(other),
        message(tooLong),
        message(tooLong, 'delayed', { deliverAt: later }),
        message(`${other}-2`),
      ])
      expect(settled.map(({ status }) => status).filter((status) => status === 'ok').length).toBeGreaterThanOrEqual(2)
      expect(settled[1]?.status).toBe('rejected')
      expect(errorOf(settled[1])).toMatch(/no name of more than 255 bytes, and "x{40}…" has 256/)
      await publish(broker, message(`${other}-3`))
      expect(performance.now() - start).toBeLessThan(2_000)
    },
  )

  test('refuses to look at a queue of a name that AMQP cannot take, and goes on reading others', async () => {
    const broker = bench.brokers.open({ url })
    const { other } = freshNames()
    const consumer = await consume(broker, other)
    for (const look of [
      () => broker.countMessages(tooLong),
      () => broker.purge(tooLong, 'pending'),
      () => broker.pendingMessages(tooLong, 1),
      () => broker.deadMessages(tooLong, 1),
      () => consume(broker, tooLong),
    ]) {
      await expect(look()).rejects.toSatisfy((error) => isMachineryError(error, 'MACHINERY_INVALID_ARGUMENT'))
    }
    expect(await broker.countMessages(other)).toMatchObject({ pending: 0 })
    await publish(broker, message(other, 'after'))
    expect((await take(consumer, 1)).map(textOf)).toEqual(['after'])
  })

  test('reads under a consumer tag that AMQP cannot take, cut to what fits', async () => {
    const broker = bench.brokers.open({ url, callTimeoutMs: 2_000 })
    const { other } = freshNames()
    const neighbour = await consume(broker, `${other}-2`)
    const consumerTag = 'é'.repeat(200)
    const consumer = await broker.consume({ queue: other, consumerTag, concurrency: 1, maxUnsettled: 100 })
    // More than are pushed to one consumer: another one reads ahead.
    await publish(broker, ...Array.from({ length: 20 }, (_, index) => message(other, `${index}`)))
    expect(await take(consumer, 20)).toHaveLength(20)
    const start = performance.now()
    await consumer.close()
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(await bench.raw.count(other)).toBe(20)
    await publish(broker, message(`${other}-2`, 'after'))
    expect((await take(neighbour, 1)).map(textOf)).toEqual(['after'])
  })

  test.each(['CC', 'BCC'])('refuses a header %s that is no list, at no cost for what is on its way', async (name) => {
    const broker = bench.brokers.open({ url })
    const { other } = freshNames()
    await publish(broker, message(other))
    const copy = freshNames().other
    await bench.raw.declare(copy)
    const settled = await broker.publish([
      ...Array.from({ length: 50 }, () => message(other)),
      message(other, 'text', { headers: { [name]: copy } }),
      // As a raw client may set it: the contract has no lists.
      message(other, 'list', { headers: { [name]: [copy] as never } }),
    ])
    expect(settled.filter(({ status }) => status === 'ok')).toHaveLength(51)
    expect(settled[50]?.status).toBe('rejected')
    expect(errorOf(settled[50])).toContain(`The header ${name} must be a list of routing keys`)
  })
})
