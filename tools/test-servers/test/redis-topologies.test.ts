import { redisCommand, startRedisCluster, startRedisSentinel } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test, vi } from 'vitest'

describeWithServer('redis-server', 'Redis of several servers', () => {
  test('forms a cluster whose nodes redirect to each other', { timeout: 30_000 }, async () => {
    await using cluster = await startRedisCluster()
    expect(cluster.nodes).toHaveLength(3)
    const answers = await Promise.all(
      cluster.nodes.map((node) =>
        redisCommand(node.port, 'SET', 'key', 'value').catch((error: Error) => error.message),
      ),
    )
    const owner = cluster.nodes[answers.indexOf('OK')]
    expect(answers.filter((answer) => answer === 'OK')).toHaveLength(1)
    expect(answers.filter((answer) => String(answer).endsWith(`127.0.0.1:${owner?.port}`))).toHaveLength(2)
  })

  test('fails over to the replica when the master dies', { timeout: 60_000 }, async () => {
    await using sentinel = await startRedisSentinel({ downAfterMs: 300 })
    expect(await sentinel.masterPort()).toBe(sentinel.master.port)
    await sentinel.master.kill()
    await vi.waitFor(async () => expect(await sentinel.masterPort()).toBe(sentinel.replica.port), { timeout: 30_000 })
    await vi.waitFor(async () => expect(await redisCommand(sentinel.replica.port, 'SET', 'k', 'v')).toBe('OK'), {
      timeout: 10_000,
    })
  })
})
