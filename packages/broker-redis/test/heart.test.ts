import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { RedisBroker } from '@machinery/broker-redis'
import { redisCommand, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consume, fast, messages, newQueue, openBroker, statusesOf, take, until } from './support.js'

describeWithServer('redis-server', 'signs of life', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  async function consumersAlive(queue: string): Promise<number> {
    const keys = await redisCommand(server.port, 'KEYS', `{${queue}}:ts:alive:*`)
    return (keys as string[]).length
  }

  /** As a task does that computes: timers and sockets of this thread stand still. */
  function block(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  }

  test('go on while the event loop is blocked', async () => {
    await using broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 1))
    const consumer = await consume(broker, queue)
    const held = await take(consumer, 1)
    // Until the thread runs, it is not it that is tested.
    await until('the thread is connected', async () => threadIsConnected())
    block(1.3 * fast.leaseMs)
    expect(await consumersAlive(queue)).toBe(1)
    expect(statusesOf(await consumer.ack(held))).toEqual(['ok'])
  })

  test('end when it is blocked for longer than maxBlockedMs', async () => {
    await using broker = openBroker(server.port, { maxBlockedMs: 300, leaseMs: 900 })
    const queue = newQueue()
    await consume(broker, queue)
    await until('the thread is connected', async () => threadIsConnected())
    // The last sign of life comes within a third of the lease after maxBlockedMs.
    block(300 + 300 + 900 + 300)
    expect(await consumersAlive(queue)).toBe(0)
  })

  test('come from this thread where the connection is a client of it', async () => {
    const client = new Redis({ port: server.port, lazyConnect: true })
    const queue = newQueue()
    {
      await using broker = new RedisBroker({ client, leaseMs: fast.leaseMs })
      await broker.publish(messages(queue, 1))
      const consumer = await consume(broker, queue)
      const held = await take(consumer, 1)
      const end = Date.now() + 1.3 * fast.leaseMs
      await until('the first lease has passed', async () => {
        expect(await consumersAlive(queue)).toBe(1)
        return Date.now() > end
      })
      expect(statusesOf(await consumer.ack(held))).toEqual(['ok'])
    }
    client.disconnect()
  })

  test('a process ends by itself once its broker is closed', async () => {
    const queue = newQueue()
    const program = `
      import { RedisBroker } from ${JSON.stringify(import.meta.resolve('@machinery/broker-redis'))}
      const broker = new RedisBroker({ port: ${server.port} })
      await broker.publish([{ routingKey: ${JSON.stringify(queue)}, body: Buffer.from('{}') }])
      const consumer = await broker.consume({ queue: ${JSON.stringify(queue)}, consumerTag: '', concurrency: 1, maxUnsettled: 1 })
      await consumer.ack(await consumer.receive(1, new AbortController().signal))
      await broker.close()
      console.log('closed')
    `
    const args = ['--input-type=module', '-e', program]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 8_000 })
    expect(stdout).toBe('closed\n')
    expect(await consumersAlive(queue)).toBe(0)
  }, 15_000)

  /** The shared one, one that blocks, one that listens, and that of the thread. */
  async function threadIsConnected(): Promise<boolean> {
    const clients = String(await redisCommand(server.port, 'CLIENT', 'LIST'))
    return clients.split('\n').filter((line) => line.includes('name=machinery')).length === 4
  }
})
