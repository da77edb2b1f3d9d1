import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, expect, test, vi } from 'vitest'
import { useOwnServer } from './fixtures/bench.js'
import { consume, message, publish, take } from './fixtures/harness.js'
import { freshNames } from './fixtures/raw-client.js'

// The server's own tool takes a second for each list.
vi.setConfig({ testTimeout: 30_000 })

/** As the server itself lists it. */
describeWithServer('rabbitmq-server', 'AmqpBroker leaves', () => {
  const bench = useOwnServer()

  /** One line per thing, without those of the server itself and of other tests. */
  async function list(what: 'queues' | 'exchanges' | 'bindings', columns: readonly string[], id: string) {
    const text = await bench.server.ctl('-q', '--formatter', 'json', `list_${what}`, ...columns)
    const rows = JSON.parse(text) as Record<string, unknown>[]
    return rows.filter((row) => JSON.stringify(row).includes(id)).map((row) => columns.map((column) => row[column]))
  }
  /** Arguments of a queue, without the type that RabbitMQ 4 adds to each. */
  function valuesOf(args: unknown): unknown {
    const triples = args as readonly (readonly [string, string, unknown])[]
    const values = Object.fromEntries(triples.map(([name, , value]) => [name, value]))
    const { 'x-queue-type': type, ...rest } = values
    return type === undefined || type === 'classic' ? rest : values
  }

  const queueColumns = ['name', 'durable', 'auto_delete', 'arguments', 'messages_ready'] as const
  const bindingColumns = ['source_name', 'destination_name', 'routing_key'] as const

  describe('of exchange, queues and bindings', () => {
    test('what Go has, less its second queue and its second bindings', async () => {
      const { exchange, defaultQueue, bindingKey, other } = freshNames()
      const id = exchange.slice('exchange-'.length)
      const options = { url: bench.server.url, exchange, defaultQueue, bindingKey }
      const publisher = bench.brokers.open(options)
      await publish(publisher, message(bindingKey), message(other))
      const worker = bench.brokers.open(options)
      await consume(worker, defaultQueue)
      await consume(worker, other)
      expect(await list('exchanges', ['name', 'type', 'durable', 'auto_delete', 'internal', 'arguments'], id)).toEqual([
        [exchange, 'direct', true, false, false, []],
      ])
      const queues = await list('queues', queueColumns.slice(0, 4), id)
      expect(
        queues.map(([name, durable, autoDelete, args]) => [name, durable, autoDelete, valuesOf(args)]).sort(),
      ).toEqual([
        [other, true, false, {}],
        [defaultQueue, true, false, {}],
      ])
      // The default exchange, whose name is empty, leads to every queue.
      const bindings = (await list('bindings', bindingColumns, id)).filter(([source]) => source !== '')
      expect(bindings.sort()).toEqual([
        [exchange, other, other],
        [exchange, defaultQueue, bindingKey],
      ])
    })

    test.each(['topic', 'fanout', 'headers'] as const)(
      'one binding for a queue on a %s exchange',
      async (exchangeType) => {
        const { exchange, defaultQueue, bindingKey, other } = freshNames()
        const queueBindingArgs = { 'x-match': 'all', kind: 'a' }
        const broker = bench.brokers.open({
          url: bench.server.url,
          exchange,
          exchangeType,
          defaultQueue,
          bindingKey,
          queueBindingArgs,
        })
        await publish(broker, message(bindingKey, 'x', { headers: { kind: 'a' } }))
        await consume(broker, other)
        const bindings = await list('bindings', [...bindingColumns, 'arguments'], exchange)
        const args = JSON.stringify(bindings.map(([, , , each]) => each))
        expect(bindings.map((row) => row.slice(0, 3)).sort()).toEqual([
          [exchange, other, bindingKey],
          [exchange, defaultQueue, bindingKey],
        ])
        expect(args.match(/x-match/g)).toHaveLength(2)
      },
    )

    test("Go's delay queues with the flag that was asked for", async () => {
      const { exchange, defaultQueue, bindingKey } = freshNames()
      const options = { url: bench.server.url, exchange, defaultQueue, bindingKey }
      const deliverAt = new Date(Date.now() + 3_600_000)
      await publish(
        bench.brokers.open({ ...options, delays: 'go', autoDelete: true }),
        message(bindingKey, 'x', { deliverAt }),
      )
      const found = await list('queues', queueColumns, `.${exchange}.`)
      expect(found).toHaveLength(1)
      const [name, durable, autoDelete, args, count] = found[0] as [string, boolean, boolean, unknown, number]
      const ms = Number(/^delay\.(\d+)\./.exec(name)?.[1])
      expect(ms).toBeGreaterThan(3_590_000)
      expect([durable, autoDelete, count]).toEqual([true, true, 1])
      expect(valuesOf(args)).toEqual({
        'x-dead-letter-exchange': exchange,
        'x-dead-letter-routing-key': bindingKey,
        'x-message-ttl': ms,
        'x-expires': 2 * ms,
      })
    })
  })

  test('nothing behind that inspection made, and takes nothing away', async () => {
    const { exchange, defaultQueue, bindingKey, other } = freshNames()
    const id = exchange.slice('exchange-'.length)
    const options = { url: bench.server.url, exchange, defaultQueue, bindingKey }
    const inspector = bench.brokers.open(options)
    // Of queues that there are not.
    expect(await inspector.pendingMessages(defaultQueue, 10)).toEqual([])
    expect(await inspector.deadMessages(defaultQueue, 10)).toEqual([])
    expect(await inspector.delayedMessages(10, defaultQueue)).toEqual([])
    expect(await inspector.countMessages(defaultQueue)).toEqual({ pending: 0, delayed: 0, dead: 0, inFlight: 0 })
    expect(await inspector.purge(defaultQueue, 'pending')).toBe(0)
    expect(await inspector.purge(defaultQueue, 'dead')).toBe(0)
    expect(await list('queues', queueColumns, id)).toEqual([])
    expect(await list('exchanges', ['name'], id)).toEqual([])

    // What Go would destroy: no JSON at all, an empty message, and a task that wants to be ignored where nobody knows it.
    const bodies = ['no JSON', '', '{"UUID":"u","Name":"nobody","IgnoreWhenTaskNotRegistered":true}', '{}']
    const broker = bench.brokers.open(options)
    await publish(broker, ...bodies.map((body) => message(bindingKey, body, { headers: { a: 'b' } })))
    await publish(broker, message(bindingKey, 'later', { deliverAt: new Date(Date.now() + 3_600_000) }))
    const consumer = await consume(broker, other)
    await publish(broker, message(other, 'dead'))
    await consumer.reject(await take(consumer, 1), 'why')
    await consumer.close()
    const before = [await list('queues', queueColumns, id), await list('bindings', bindingColumns, id)]
    for (let look = 0; look < 3; look++) {
      const listed = await inspector.pendingMessages(defaultQueue, 10)
      expect(listed.map(({ body }) => Buffer.from(body).toString())).toEqual(bodies)
      expect(await inspector.pendingMessages(defaultQueue, 2)).toHaveLength(2)
      expect(await inspector.delayedMessages(10, defaultQueue)).toHaveLength(1)
      expect(await inspector.deadMessages(other, 10)).toHaveLength(1)
      expect(await inspector.countMessages(defaultQueue)).toEqual({ pending: 4, delayed: 1, dead: 0, inFlight: 0 })
    }
    expect([await list('queues', queueColumns, id), await list('bindings', bindingColumns, id)]).toEqual(before)
    const first = await bench.raw.take(defaultQueue)
    expect(first?.content.toString()).toBe('no JSON')
    expect(first?.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2, headers: { a: 'b' } })
  })
})
