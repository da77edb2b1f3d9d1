import { RedisBroker } from '@machinery/broker-redis'
import { testBroker } from '@machinery/conformance'
import { redisCommand, startRedis, type TestServer } from '@machinery-internal/test-servers'
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
    dropConnections: () => dropConnections(server),
    restartServer: () => server.restart(),
    ...kitTimes,
  })
})

async function dropConnections({ port }: TestServer): Promise<void> {
  for (const type of ['normal', 'pubsub']) await redisCommand(port, 'CLIENT', 'KILL', 'TYPE', type)
}
