import { inspect } from 'node:util'
import { redisCommand, startRedisCluster, startRedisSentinel, type TestCluster } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { Cluster, type Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { classifyFailure, defineScript, openRedis, type RedisClient, runScript, slotTag } from '../src/index.js'

describeWithServer('redis-server', 'a cluster', () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 40_000)
  afterAll(() => cluster.stop())

  test('is found from all of its nodes or from one, and takes keys of every slot', async () => {
    const [first] = cluster.nodes
    for (const options of [{ url: cluster.url }, { host: '127.0.0.1', port: first?.port ?? 0, cluster: true }]) {
      const connection = openRedis(options)
      expect(connection.isCluster).toBe(true)
      const client = await connection.ready()
      for (let i = 0; i < 50; i++) await client.set(`key-${i}`, i)
      expect(await client.get('key-49')).toBe('49')
      await connection.close()
    }
  })

  test.each([
    ...['machinery_tasks', '{fast}:tasks', 'a{b}c', 'a{}b', '}', 'a}b', '{a', '{}', '{{x}}', 'ключ', 'x{}{y}'],
  ])('keeps private keys of %j in its slot', async (key) => {
    const port = cluster.nodes[0]?.port ?? 0
    const slotOf = (name: string): Promise<unknown> => redisCommand(port, 'CLUSTER', 'KEYSLOT', name)
    expect(await slotOf(`${slotTag(key)}:ts:x`)).toBe(await slotOf(key))
  })

  test('runs scripts where their keys are', async () => {
    const connection = openRedis({ url: cluster.url })
    const client = await connection.ready()
    const both = defineScript({
      keys: 2,
      lua: "redis.call('SET', KEYS[1], 1); redis.call('SET', KEYS[2], 2); return 'done'",
    })
    for (const key of ['a', 'b', 'c{d}e', 'f}g', 'h{}']) {
      expect(await runScript(client, both, [key, `${slotTag(key)}:ts:x`])).toBe('done')
    }
    await connection.close()
  })

  test('has duplicates that subscribe and block', async () => {
    const connection = openRedis({ url: cluster.url })
    const client = await connection.ready()
    const subscriber = await connection.duplicate().ready()
    const heard = new Promise((resolve) => subscriber.on('message', (_channel: string, text: string) => resolve(text)))
    await subscriber.subscribe('news')
    await client.publish('news', 'hello')
    expect(await heard).toBe('hello')
    const blocking = await connection.duplicate({ commandTimeoutMs: 5_000 }).ready()
    const popped = blocking.blpop('list', 4)
    await client.rpush('list', 'x')
    expect(await popped).toEqual(['list', 'x'])
    await connection.close()
    expect(blocking.status).toBe('end')
  })

  test('sends no command again when a node is lost, and finds the node when it is back', async () => {
    const connection = openRedis({ url: cluster.url, commandTimeoutMs: 2_000 })
    const client = await connection.ready()
    const keys = Array.from({ length: 30 }, (_, i) => `lost-${i}`)
    await Promise.all(keys.map((key) => client.set(key, 0)))
    await killConnections(cluster)
    const outcomes = await Promise.allSettled(keys.map((key) => client.incr(key)))
    const failed = outcomes.filter((each) => each.status === 'rejected')
    for (const each of failed) expect(['rejected', 'indeterminate']).toContain(classifyFailure(each.reason))
    await vi.waitFor(async () => {
      const ready = await connection.ready()
      for (const key of keys) expect(Number(await ready.get(key))).toBeLessThanOrEqual(1)
    }, 9_000)
    await connection.close()
  }, 15_000)

  test('uses a client that was given, or a duplicate of it that does not resend', async () => {
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    const connection = openRedis({ client })
    const used = (await connection.ready()) as Cluster
    expect(used).not.toBe(client)
    expect(used.options.retryDelayOnFailover).toBe(0)
    expect(await used.set('given', '1')).toBe('OK')
    await connection.close()
    expect(await client.get('given')).toBe('1')
    client.disconnect()
  })

  test('says within its time that there is no node, and closes promptly then', async () => {
    const connection = openRedis({ url: 'redis://hunter2@127.0.0.1:1,127.0.0.1:2', connectTimeoutMs: 500 })
    const error = await connection.ready().catch((reason: unknown) => reason)
    expect(String(error)).toMatch(
      /No connection within 500 ms to Redis at redis:\/\/127\.0\.0\.1:1,127\.0\.0\.1:2 \(cluster\)/,
    )
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
    const start = performance.now()
    await connection.close()
    expect(performance.now() - start).toBeLessThan(1_200)
  })
})

describeWithServer('redis-server', 'sentinels', () => {
  test('lead to the master, and to the new one after a failover', async () => {
    await using set = await startRedisSentinel()
    const connection = openRedis({ url: set.url, masterName: set.masterName, commandTimeoutMs: 1_000 })
    const client = await connection.ready()
    await client.set('before', 'x')
    await (client as Redis).wait(1, 2_000)
    const script = defineScript({ keys: 1, lua: "return redis.call('GET', KEYS[1])" })
    expect(await runScript(client, script, ['before'])).toBe('x')
    await set.master.kill('SIGKILL')
    await vi.waitFor(
      async () => {
        const ready: RedisClient = await connection.ready()
        expect(await ready.set('after', 'y')).toBe('OK')
        expect(await runScript(ready, script, ['before'])).toBe('x')
      },
      { timeout: 40_000, interval: 100 },
    )
    expect(await set.masterPort()).toBe(set.replica.port)
    await connection.close()
  }, 60_000)

  test('lead to the new master when the old one lives on as a replica', async () => {
    await using set = await startRedisSentinel()
    const connection = openRedis({ url: set.url, masterName: set.masterName, commandTimeoutMs: 1_000 })
    await connection.ready()
    // Refused while the sentinel does not know the replica for good yet.
    const failover = (): Promise<unknown> =>
      redisCommand(set.sentinels[0]?.port ?? 0, 'SENTINEL', 'FAILOVER', set.masterName)
    await vi.waitFor(failover, { timeout: 20_000, interval: 100 })
    await vi.waitFor(
      async () => {
        expect(await set.masterPort()).toBe(set.replica.port)
        expect(await (await connection.ready()).set('after', 'y')).toBe('OK')
      },
      { timeout: 40_000, interval: 100 },
    )
    await connection.close()
  }, 60_000)
})

async function killConnections(cluster: TestCluster): Promise<void> {
  await Promise.all(cluster.nodes.map(({ port }) => redisCommand(port, 'CLIENT', 'KILL', 'TYPE', 'normal')))
}
