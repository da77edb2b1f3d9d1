import { startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messages, names, namesOf, newQueue, openBroker, until } from './support.js'

describeWithServer('redis-server', 'messages that were given back with a delay', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  test('all come again, also where there are more than a consumer remembers', async () => {
    await using broker = openBroker(server.port, { leaseMs: 15_000 })
    const queue = newQueue()
    const count = 10_500
    await broker.publish(messages(queue, count))
    const consumer = await broker.consume({ queue, consumerTag: 'all', concurrency: 500, maxUnsettled: 1_000 })
    const take = () => consumer.receive(500, AbortSignal.timeout(2_000))
    let given = 0
    while (given < count) {
      const some = await take()
      given += some.length
      // So late that none is due before the last is given back.
      await consumer.nack(some, { delayMs: 6_000 })
    }
    await until('all of them are due', async () => (await broker.countMessages(queue)).pending === count, 20_000)
    const again = new Set<string>()
    await until(
      'all of them were taken again',
      async () => {
        const some = await take()
        for (const name of namesOf(some)) again.add(name)
        await consumer.ack(some)
        return again.size === count
      },
      30_000,
    )
    expect([...again].sort()).toEqual([...names(count)].sort())
  }, 60_000)
})
