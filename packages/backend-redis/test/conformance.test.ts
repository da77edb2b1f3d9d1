import { testBackend } from '@machinery/conformance'
import {
  redisCommand,
  startRedis,
  startRedisCluster,
  type TestCluster,
  type TestServer,
} from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll } from 'vitest'
import { RedisBackend } from '../src/index.js'

const timeouts = { commandTimeoutMs: 2_000, connectTimeoutMs: 7_500 }

describeWithServer('redis-server', 'RedisBackend on one server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis({ durability: 'always' })
  })
  afterAll(() => server.stop())

  testBackend({
    create: () => new RedisBackend({ url: server.url, ...timeouts }),
    dropConnections: () => dropConnections([server]),
    restartServer: () => server.restart(),
  })
})

describeWithServer('redis-server', 'RedisBackend in a cluster', () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 40_000)
  afterAll(() => cluster.stop())

  testBackend({
    create: () => new RedisBackend({ url: cluster.url, ...timeouts }),
    dropConnections: () => dropConnections(cluster.nodes),
  })
})

async function dropConnections(servers: readonly TestServer[]): Promise<void> {
  for (const { port } of servers) {
    for (const type of ['normal', 'pubsub']) await redisCommand(port, 'CLIENT', 'KILL', 'TYPE', type)
  }
}
