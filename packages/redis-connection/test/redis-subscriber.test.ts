import {
  redisCommand,
  startProxy,
  startRedis,
  startRedisCluster,
  type TestServer,
} from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openRedis, RedisSubscriber } from '../src/index.js'

// A client comes back within 7 s, mostly at once.
vi.setConfig({ testTimeout: 20_000 })

describeWithServer('redis-server', 'RedisSubscriber', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  test('tells every listener of a channel until it ends, and nobody of another', async () => {
    const connection = openRedis({ url: server.url })
    const subscriber = new RedisSubscriber(connection)
    const heard: string[] = []
    const endFirst = await subscriber.listen('news', (message) => heard.push(`first ${message}`))
    const endSecond = await subscriber.listen('news', (message) => heard.push(`second ${message}`))
    const client = await connection.ready()
    await client.publish('other', 'x')
    await client.publish('news', 'one')
    await vi.waitFor(() => expect(heard).toEqual(['first one', 'second one']))
    await endFirst()
    await client.publish('news', 'two')
    await vi.waitFor(() => expect(heard.at(-1)).toBe('second two'))
    await endSecond()
    expect(await client.pubsub('NUMSUB', 'news')).toEqual(['news', 0])
    await connection.close()
  })

  test('listens again after cuts that come one after the other', async () => {
    await using proxy = await startProxy({ target: server })
    const connection = openRedis({ port: proxy.port, host: '127.0.0.1' })
    const subscriber = new RedisSubscriber(connection)
    let heard = 0
    await subscriber.listen('again', () => heard++)
    // The first comes back to a connection that is lost while it subscribes.
    proxy.dropRequests('again')
    proxy.cut()
    await vi.waitFor(() => expect(proxy.dropped).toBeGreaterThan(0), 9_000)
    proxy.dropRequests(undefined)
    await vi.waitFor(async () => {
      await redisCommand(server.port, 'PUBLISH', 'again', 'x')
      expect(heard).toBeGreaterThan(0)
    }, 9_000)
    await connection.close()
  })

  test('rejects where it cannot subscribe, and can be asked again', async () => {
    await using proxy = await startProxy({ target: server })
    const connection = openRedis({
      port: proxy.port,
      host: '127.0.0.1',
      commandTimeoutMs: 500,
      connectTimeoutMs: 10_000,
    })
    const subscriber = new RedisSubscriber(connection)
    proxy.dropRequests('flaky')
    await expect(subscriber.listen('flaky', () => {})).rejects.toThrow()
    proxy.dropRequests(undefined)
    const heard = vi.fn()
    await subscriber.listen('flaky', heard)
    await redisCommand(server.port, 'PUBLISH', 'flaky', 'x')
    await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith('x'))
    await subscriber.close()
    await connection.close()
  })

  test('listens in a cluster, and again after its connection was cut', async () => {
    await using cluster = await startRedisCluster()
    const connection = openRedis({ url: cluster.url })
    const subscriber = new RedisSubscriber(connection)
    let heard = 0
    await subscriber.listen('news', () => heard++)
    await Promise.all(cluster.nodes.map(({ port }) => redisCommand(port, 'CLIENT', 'KILL', 'TYPE', 'pubsub')))
    await vi.waitFor(async () => {
      await (await connection.ready()).publish('news', 'x')
      expect(heard).toBeGreaterThan(0)
    }, 9_000)
    await connection.close()
  }, 40_000)
})
