import { RedisBroker } from '@machinery/broker-redis'
import { testBroker } from '@machinery/conformance'
import { redisCommand, startRedisCluster, type TestCluster } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll } from 'vitest'

// Attempts to reconnect are spread over seven seconds.
const times = { commandTimeoutMs: 2_000, connectTimeoutMs: 8_000, leaseMs: 3_000 }
const kitTimes = { patienceMs: 15_000 }

describeWithServer('redis-server', 'RedisBroker in a cluster', () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 40_000)
  afterAll(() => cluster.stop())

  testBroker({
    create: () => new RedisBroker({ url: cluster.url, ...times }),
    dropConnections: () => dropConnections(cluster),
    ...kitTimes,
  })
})

async function dropConnections({ nodes }: TestCluster): Promise<void> {
  for (const { port } of nodes) {
    for (const type of ['normal', 'pubsub']) await redisCommand(port, 'CLIENT', 'KILL', 'TYPE', type)
  }
}
