import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisBroker } from '@machinery/broker-redis'
import { testBroker } from '@machinery/conformance'
import {
  redisCommand,
  startRedis,
  startRedisCluster,
  type TestCluster,
  type TestServer,
} from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll } from 'vitest'

// Attempts to reconnect are spread over seven seconds.
const times = { commandTimeoutMs: 2_000, connectTimeoutMs: 8_000, leaseMs: 3_000 }
const kitTimes = { patienceMs: 15_000 }

describeWithServer('redis-server', 'RedisBroker on one server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis({ durability: 'always' })
  })
  afterAll(() => server.stop())

  testBroker({
    create: () => new RedisBroker({ url: server.url, ...times }),
    dropConnections: () => dropConnections([server]),
    restartServer: () => server.restart(),
    ...kitTimes,
  })
})

describeWithServer('redis-server', 'RedisBroker through a unix socket', () => {
  const socketPath = join(tmpdir(), `machinery-${process.pid}.sock`)
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis({ args: ['--unixsocket', socketPath] })
  })
  afterAll(async () => {
    await server.stop()
    await rm(socketPath, { force: true })
  })

  testBroker({ create: () => new RedisBroker({ socketPath, ...times }), ...kitTimes })
})

describeWithServer('redis-server', 'RedisBroker in a cluster', () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 40_000)
  afterAll(() => cluster.stop())

  testBroker({
    create: () => new RedisBroker({ url: cluster.url, ...times }),
    dropConnections: () => dropConnections(cluster.nodes),
    ...kitTimes,
  })
})

async function dropConnections(servers: readonly TestServer[]): Promise<void> {
  for (const { port } of servers) {
    for (const type of ['normal', 'pubsub']) await redisCommand(port, 'CLIENT', 'KILL', 'TYPE', type)
  }
}
