import { testBackend } from '@machinery/conformance'
import { type FaultProxy, startProxy, startRabbitMq, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll } from 'vitest'
import { AmqpBackend } from '../src/index.js'

describeWithServer('rabbitmq-server', 'AmqpBackend', () => {
  let server: TestServer
  let proxy: FaultProxy
  beforeAll(async () => {
    server = await startRabbitMq()
    proxy = await startProxy({ target: server })
  }, 60_000)
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
  })

  testBackend({
    create: () => new AmqpBackend({ url: `amqp://127.0.0.1:${proxy.port}` }),
    dropConnections: () => proxy.cut(),
    restartServer: () => server.restart(),
  })
})
