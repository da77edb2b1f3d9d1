import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMachineryError } from '@machinery/core'
import { type FaultProxy, startProxy, startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { connect } from 'amqplib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type AmqpConnection,
  type AmqpConnectionOptions,
  ConfirmPublisher,
  Declarer,
  isMismatch,
  isNotFound,
  openAmqp,
} from '../src/index.js'

describeWithServer('rabbitmq-server', 'a connection', (): void => {
  let server: TestRabbitMq
  let proxy: FaultProxy
  const opened: AmqpConnection[] = []
  const open = (options: AmqpConnectionOptions = {}): AmqpConnection => {
    const connection = openAmqp({ url: `amqp://127.0.0.1:${proxy.port}`, ...options })
    opened.push(connection)
    return connection
  }

  beforeAll(async () => {
    server = await startRabbitMq()
  }, 60_000)
  afterAll(() => server.stop())
  beforeEach(async () => {
    proxy = await startProxy({ target: server })
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()))
    await proxy.stop()
  })

  test('is made on first use, once for all who ask at the same time', async () => {
    const connection = open()
    await sleep(20)
    expect(proxy.connections).toBe(0)
    expect(connection.live).toBeUndefined()
    const [one, two] = await Promise.all([connection.ready(), connection.ready()])
    expect(one).toBe(two)
    expect(proxy.connections).toBe(1)
  })

  test('is made anew after it broke, and the old one says why it ended', async () => {
    const connection = open()
    const first = await connection.ready()
    const ended = vi.fn()
    first.onEnd(ended)
    proxy.cut()
    await vi.waitUntil(() => !first.isOpen)
    expect(ended).toHaveBeenCalledOnce()
    expect(first.error?.message).toMatch(/^The connection to RabbitMQ at amqp:\/\/127\.0\.0\.1:\d+ ended: /)
    const second = await connection.ready()
    expect(second).not.toBe(first)
    expect(second.isOpen).toBe(true)
  })

  test('says goodbye when it is closed, twice or at once, and opens no more', async () => {
    const connection = open()
    await connection.ready()
    await Promise.all([connection.close(), connection.close()])
    expect(proxy.connections).toBe(0)
    await expect(connection.ready()).rejects.toSatisfy((error) => isMachineryError(error, 'MACHINERY_CLOSED'))
  })

  test('closed while it is being made leaves nothing open', async () => {
    proxy.delay(50)
    const connection = open()
    const connecting = connection.ready()
    connecting.catch(() => {})
    await sleep(60)
    await connection.close()
    await expect(connecting).rejects.toSatisfy((error) => isMachineryError(error, 'MACHINERY_CLOSED'))
    proxy.delay(0)
    await vi.waitUntil(() => proxy.connections === 0)
  })

  test('closed while the server says nothing settles all who wait at once, and leaves no socket', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const connection = open({ url: `amqp://127.0.0.1:${port}` })
    const connecting = connection.ready()
    const publishing = new ConfirmPublisher(connection, { timeoutMs: 10_000, maxWaiting: 10 }).publish(1, () => [])
    // The protocol header has arrived.
    await vi.waitUntil(() => sockets[0] !== undefined && sockets[0].bytesRead > 0 && sockets[0].resume())
    const start = performance.now()
    await Promise.all([
      connection.close(),
      expect(connecting).rejects.toSatisfy((error) => isMachineryError(error, 'MACHINERY_CLOSED')),
    ])
    expect((await publishing)[0]?.status).toBe('rejected')
    await vi.waitUntil(() => sockets[0]?.closed)
    expect(performance.now() - start).toBeLessThan(2_000)
    silent.close()
  })

  test('to a server that does not answer fails in time', async () => {
    proxy.freeze(true)
    const start = performance.now()
    await expect(open({ connectTimeoutMs: 300 }).ready()).rejects.toThrow(/No connection to RabbitMQ: amqp:\/\/127/)
    expect(performance.now() - start).toBeLessThan(2_000)
    proxy.freeze(false)
    await vi.waitUntil(() => proxy.connections === 0)
  })

  test('tells that the login was refused, without the password', async () => {
    const error: unknown = await open({ url: `amqp://guest:wr0ng%40@127.0.0.1:${server.port}` })
      .ready()
      .catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(/ACCESS[_-]REFUSED/)
    expect(String(error)).not.toContain('wr0ng')
  })

  test('tells that the virtual host was refused, and which one', async () => {
    const connecting = open({ url: `amqp://127.0.0.1:${server.port}/no%20such` }).ready()
    await expect(connecting).rejects.toThrow('refused the virtual host "no such"')
  })

  test('that does not answer a call is given up', async () => {
    const live = await open({ callTimeoutMs: 200 }).ready()
    proxy.freeze(true)
    await expect(live.openChannel()).rejects.toThrow('did not answer the opening of a channel within 200 ms')
    expect(live.isOpen).toBe(false)
    proxy.freeze(false)
    await vi.waitUntil(() => proxy.connections === 0)
  })

  test('that was given is used as it is and left open', async () => {
    const model = await connect(server.url)
    const connection = openAmqp({ connection: model })
    const live = await connection.ready()
    expect(live.model).toBe(model)
    expect(await connection.another().ready()).toBe(live)
    await connection.close()
    await (await model.createChannel()).close()
    await model.close()
    await expect(
      openAmqp({ connection: model })
        .ready()
        .then((late) => late.openChannel()),
    ).rejects.toThrow()
  })

  describe('that was given', () => {
    test('is used again after it was slow, and none of its errors goes unheard', async () => {
      const model = await connect(`amqp://127.0.0.1:${proxy.port}`)
      const connection = openAmqp({ connection: model, callTimeoutMs: 200 })
      const publisher = new ConfirmPublisher(connection, { timeoutMs: 300, maxWaiting: 10 })
      const message = { exchange: '', routingKey: 'nowhere', body: Buffer.from('x'), properties: {} }
      expect(await publisher.publish(1, () => [message])).toEqual([{ status: 'ok' }])
      proxy.freeze(true)
      const [slow] = await publisher.publish(1, () => [message])
      expect(slow?.status).toBe('indeterminate')
      const live = await connection.ready()
      await expect(live.openChannel()).rejects.toThrow('did not answer')
      proxy.freeze(false)
      await vi.waitUntil(async () => (await publisher.publish(1, () => [message]))[0]?.status === 'ok', 5_000)
      expect(model.listenerCount('error')).toBe(1)
      proxy.cut()
      await vi.waitUntil(() => !live.isOpen)
      await connection.close()
    })

    test('and that is blocked already counts as blocked until it is not', { timeout: 20_000 }, async () => {
      const model = await connect(server.url)
      await server.ctl('set_vm_memory_high_watermark', '0.00001')
      const channel = await model.createChannel()
      const blocked = new Promise((resolve) => model.once('blocked', resolve))
      channel.sendToQueue('nowhere', Buffer.from('x'))
      await blocked
      const connection = openAmqp({ connection: model })
      expect((await connection.ready()).isBlocked).toBe(true)
      const unblocked = (await connection.ready()).untilUnblocked()
      await server.ctl('set_vm_memory_high_watermark', '0.4')
      await unblocked
      await connection.close()
      await model.close()
    })

    test('keeps neither channels nor listeners of ours when we close', async () => {
      const model = await connect(server.url)
      const listeners = () => ['error', 'close', 'blocked', 'unblocked'].map((name) => model.listenerCount(name))
      const before = listeners()
      const connection = openAmqp({ connection: model })
      const publisher = new ConfirmPublisher(connection, { timeoutMs: 5_000, maxWaiting: 10 })
      const live = await connection.ready()
      await new Declarer(live).count('nowhere')
      await publisher.publish(1, () => [
        { exchange: '', routingKey: 'nowhere', body: Buffer.from('x'), properties: {} },
      ])
      const late = live.openChannel()
      await Promise.all([connection.close(), expect(late).rejects.toThrow('was closed')])
      await openAmqp({ connection: model }).close()
      expect(listeners()).toEqual(before)
      const channels = async (): Promise<string> => (await server.ctl('-q', 'list_channels', 'pid')).trim()
      await vi.waitUntil(async () => !(await channels()).includes('<'), { timeout: 10_000, interval: 100 })
      await model.close()
    })
  })

  describe('a declarer', () => {
    test('goes on after a refusal, which costs nobody else his call', async () => {
      const live = await open().ready()
      const declarer = new Declarer(live)
      const queue = `declared-${performance.now()}`
      await declarer.run('it', (channel) => channel.assertQueue(queue, { durable: true }))
      const outcomes = await Promise.allSettled([
        declarer.run('it', (channel) => channel.assertQueue(queue, { arguments: { 'x-max-length': 1 } })),
        declarer.run('it', (channel) => channel.checkQueue(`${queue}-missing`)),
        declarer.run('it', (channel) => channel.checkQueue(queue)),
        declarer.count(`${queue}-missing`),
        declarer.count(queue),
      ])
      const errors = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined))
      expect(errors.map(isMismatch)).toEqual([true, false, false, false, false])
      expect(errors.map(isNotFound)).toEqual([false, true, false, false, false])
      expect(outcomes.slice(2).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    })

    test('goes on after a name that AMQP cannot take, and after arguments that it cannot take', async () => {
      const live = await open({ callTimeoutMs: 2_000 }).ready()
      const declarer = new Declarer(live)
      const name = 'é'.repeat(128)
      const start = performance.now()
      const outcomes = await Promise.allSettled([
        declarer.count(name),
        declarer.run('it', (channel) => channel.assertQueue('args', { arguments: { huge: 'x'.repeat(70_000) } })),
        declarer.count('missing'),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
      const refused = outcomes[0] as PromiseRejectedResult
      expect(isMachineryError(refused.reason, 'MACHINERY_INVALID_ARGUMENT')).toBe(true)
      expect(String(refused.reason)).toMatch(/no name of more than 255 bytes, and "é{40}…" has 256/)
      expect(performance.now() - start).toBeLessThan(1_000)
      expect(live.isOpen).toBe(true)
    })

    test('declares once while that is known to last, and again when it is forgotten or failed', async () => {
      const declarer = new Declarer(await open().ready())
      const declare = vi.fn(async () => {})
      await Promise.all([declarer.once('a', declare), declarer.once('a', declare)])
      expect(declarer.once('a', declare)).toBeUndefined()
      expect(declare).toHaveBeenCalledTimes(1)
      declarer.forget('a')
      await declarer.once('a', declare, 1)
      await sleep(5)
      await declarer.once('a', declare)
      expect(declare).toHaveBeenCalledTimes(3)
      declare.mockRejectedValueOnce(new Error('no'))
      await expect(declarer.once('b', declare)).rejects.toThrow('no')
      await declarer.once('b', declare)
      expect(declarer.once('b', declare)).toBeUndefined()
    })
  })

  describe('a confirming publisher', () => {
    const bodies = (count: number) => Array.from({ length: count }, (_, index) => Buffer.from(`body ${index}`))

    test('tells for each message of a batch what became of it', async () => {
      const connection = open()
      const queue = `published-${performance.now()}`
      const publisher = new ConfirmPublisher(connection, { timeoutMs: 5_000, maxWaiting: 10_000 })
      const settled = await publisher.publish(3_000, async (live) => {
        await new Declarer(live).run('it', (channel) => channel.assertQueue(queue, { durable: false }))
        return bodies(3_000).map((body, index) => {
          if (index % 500 === 7) return { status: 'rejected', error: new Error('not made') }
          const routingKey = index % 500 === 9 ? 'nowhere' : queue
          return { exchange: '', routingKey, body, properties: { mandatory: true } }
        })
      })
      const rejected = settled.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))
      expect(rejected).toEqual([0, 1, 2, 3, 4, 5].flatMap((n) => [500 * n + 7, 500 * n + 9]))
      expect(settled.filter(({ status }) => status === 'ok')).toHaveLength(3_000 - 12)
    })

    test('calls what was not written rejected, and what was written and never confirmed indeterminate', async () => {
      const connection = open()
      const publisher = new ConfirmPublisher(connection, { timeoutMs: 400, maxWaiting: 10_000 })
      const message = { exchange: '', routingKey: 'nowhere', body: Buffer.from('x'), properties: {} }
      expect(await publisher.publish(1, () => [message])).toEqual([{ status: 'ok' }])
      proxy.freeze(true)
      const [written] = await publisher.publish(1, () => [message])
      expect(written?.status).toBe('indeterminate')
      // The connection was given up, and there is no other.
      const [unwritten] = await publisher.publish(1, () => [message])
      expect(unwritten?.status).toBe('rejected')
      proxy.freeze(false)
      expect(await publisher.publish(1, () => [message])).toEqual([{ status: 'ok' }])
    })

    test('keeps a slow connection when the time was used up before the message was written', async () => {
      const connection = open()
      const publisher = new ConfirmPublisher(connection, { timeoutMs: 800, maxWaiting: 10_000 })
      const message = { exchange: '', routingKey: 'nowhere', body: Buffer.from('x'), properties: {} }
      expect(await publisher.publish(1, () => [message])).toEqual([{ status: 'ok' }])
      const { live } = connection
      proxy.delay(200)
      const [late] = await publisher.publish(1, async () => {
        await sleep(600)
        return [message]
      })
      expect(late?.status).toBe('indeterminate')
      // One more connection would have taken all the time again.
      expect(await publisher.publish(1, () => [message])).toEqual([{ status: 'ok' }])
      expect(connection.live).toBe(live)
    })

    test('writes no more than the socket takes, however large the batch', async () => {
      const connection = open()
      const publisher = new ConfirmPublisher(connection, { timeoutMs: 10_000, maxWaiting: 10_000 })
      const body = Buffer.alloc(100_000)
      const settled = await publisher.publish(300, () =>
        bodies(300).map(() => ({ exchange: '', routingKey: 'nowhere', body, properties: {} })),
      )
      expect(settled.every(({ status }) => status === 'ok')).toBe(true)
    })
  })
})
