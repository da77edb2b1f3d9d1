import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisBroker } from '@machinery/broker-redis'
import { redisCommand, startRedis, startRedisSentinel } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test, vi } from 'vitest'
import { consume, fast, message, messages, namesOf, newQueue, openBroker, statusesOf, take, until } from './support.js'

describeWithServer('redis-server', 'servers of every kind', () => {
  test('out of memory: publishing fails fast, and consumers go on until there is room', async () => {
    await using server = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
    await using broker = openBroker(server.port)
    const queue = newQueue()
    await broker.publish(messages(queue, 30))
    const consumer = await consume(broker, queue)
    const held = await take(consumer, 10)
    await redisCommand(server.port, 'SETRANGE', 'filler', '20000000', 'x')
    await redisCommand(server.port, 'CONFIG', 'SET', 'maxmemory', '10mb')
    const startedAt = Date.now()
    const [settled] = await broker.publish([message(queue, 'no room')])
    expect(settled).toMatchObject({ status: 'rejected', error: { message: expect.stringContaining('OOM') } })
    expect(Date.now() - startedAt).toBeLessThan(500)

    expect(statusesOf(await consumer.nack(held.slice(0, 2)))).toEqual(['ok', 'ok'])
    expect(statusesOf(await consumer.nack(held.slice(2, 4), { delayMs: 50 }))).toEqual(['ok', 'ok'])
    expect(statusesOf(await consumer.reject(held.slice(4, 5), 'bad'))).toEqual(['ok'])
    expect(statusesOf(await consumer.ack(held.slice(5)))).toEqual(Array(5).fill('ok'))
    const rest = await take(consumer, 24)
    expect(rest).toHaveLength(24)
    // Signs of life and new consumers need no room either.
    const other = await consume(broker, queue)
    const waiting = take(other, 1)
    const end = Date.now() + 2 * fast.leaseMs
    await until('twice the lease has passed', () => Date.now() > end)
    expect(statusesOf(await consumer.ack(rest))).toEqual(Array(24).fill('ok'))
    await redisCommand(server.port, 'CONFIG', 'SET', 'maxmemory', '0')
    await broker.publish([message(queue, 'room again')])
    expect(namesOf(await waiting)).toEqual(['room again'])
  }, 20_000)

  test('sentinels: after a failover the broker goes on at the new master', { timeout: 60_000 }, async () => {
    // Pauses between attempts to connect last up to 7 s otherwise.
    using _random = vi.spyOn(Math, 'random').mockReturnValue(0.3)
    await using sentinel = await startRedisSentinel({ downAfterMs: 500 })
    const { url, masterName } = sentinel
    await using broker = new RedisBroker({ url, masterName, ...fast, leaseMs: 20_000 })
    const queue = newQueue()
    await broker.publish(messages(queue, 1))
    let consumer = await consume(broker, queue)
    await consumer.ack(await take(consumer, 1))
    const wait = await redisCommand(sentinel.master.port, 'WAIT', '1', '1000')
    expect(wait).toBe(1)
    await sentinel.master.kill()
    await until(
      'publishing works again',
      async () => (await broker.publish([message(queue, 'after')]))[0]?.status === 'ok',
      40_000,
    )
    const received = await take(consumer, 1, 15_000).catch(async () => {
      await consumer.close()
      consumer = await consume(broker, queue)
      return take(consumer, 1, 15_000)
    })
    expect(namesOf(received)).toEqual(['after'])
    expect(statusesOf(await consumer.ack(received))).toEqual(['ok'])
  })

  test('a unix socket', async () => {
    const socketPath = join(tmpdir(), `machinery-broker-${process.pid}.sock`)
    {
      await using _server = await startRedis({ args: ['--unixsocket', socketPath] })
      await using broker = new RedisBroker({ socketPath, ...fast })
      const queue = newQueue()
      await broker.publish(messages(queue, 3))
      const consumer = await consume(broker, queue)
      expect(statusesOf(await consumer.ack(await take(consumer, 3)))).toEqual(['ok', 'ok', 'ok'])
    }
    await rm(socketPath, { force: true })
  })

  test('a password never shows in an error', async () => {
    await using server = await startRedis({ args: ['--requirepass', 'right-secret'] })
    await using broker = new RedisBroker({ url: `redis://:wrong-secret@127.0.0.1:${server.port}`, ...fast })
    const [settled] = await broker.publish(messages('q', 1))
    const failure = await consume(broker, 'q').catch((error: unknown) => error)
    const shown = JSON.stringify([settled, failure], (_key, value) =>
      value instanceof Error ? { ...value, text: `${value.stack} ${value.cause}` } : value,
    )
    expect(settled?.status).toBe('rejected')
    expect(shown).toContain('WRONGPASS')
    expect(shown).not.toContain('secret')
  })

  test('a server that is gone: publish is rejected within its deadline, consume rejects, closing is prompt', async () => {
    const server = await startRedis()
    await server.stop()
    const broker = openBroker(server.port, { connectTimeoutMs: 300 })
    expect(statusesOf(await broker.publish(messages('q', 2)))).toEqual(['rejected', 'rejected'])
    await expect(consume(broker, 'q')).rejects.toThrow(`127.0.0.1:${server.port}`)
    const startedAt = Date.now()
    await broker.close()
    expect(Date.now() - startedAt).toBeLessThan(1_500)
  })
})
