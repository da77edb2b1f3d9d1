import { testLock } from '@machinery/conformance'
import { redisCommand, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll } from 'vitest'
import { RedisLock } from '../src/index.js'

describeWithServer('redis-server', 'RedisLock', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  testLock({
    create: () => new RedisLock({ url: server.url, commandTimeoutMs: 2_000, connectTimeoutMs: 8_000 }),
    dropConnections: async () => void (await redisCommand(server.port, 'CLIENT', 'KILL', 'TYPE', 'normal')),
  })
})
