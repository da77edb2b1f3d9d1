import { testBroker } from '@machinery/conformance'
import { type FaultProxy, startProxy, startRabbitMq, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll } from 'vitest'
import { AmqpBroker } from '../src/index.js'

describeWithServer('rabbitmq-server', 'AmqpBroker', () => {
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

  testBroker({
    create: () => new AmqpBroker({ url: `amqp://127.0.0.1:${proxy.port}`, queueDeclareArgs: { 'x-max-priority': 10 } }),
    dropConnections: () => proxy.cut(),
    restartServer: () => server.restart(),
    // A restart takes six seconds.
    patienceMs: 20_000,
    redeliveryMs: 5_000,
  })
})
