import { resolveConfig } from '@machinery/core'
import { startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AmqpBackend, amqpBackendOptionsFrom } from '../src/index.js'
import { newTask, stateOf } from './fixtures.js'

describeWithServer('rabbitmq-server', 'AmqpBackend through TLS', () => {
  let server: TestRabbitMq
  beforeAll(async () => {
    server = await startRabbitMq({ tls: 'mutual' })
  }, 60_000)
  afterAll(() => server.stop())

  test('stores and reads with the certificates of the configuration, and with no others', async () => {
    const { url = '', ca, cert, key } = server.tls ?? {}
    const config = resolveConfig({ resultBackend: url, tls: { ca, cert, key } })
    const backend = new AmqpBackend(amqpBackendOptionsFrom(config))
    const task = newTask()
    const write = { state: stateOf(task, 'SUCCESS', 7), expiresInMs: 60_000 }
    expect(await backend.saveStates([write])).toEqual([{ status: 'stored' }])
    expect((await backend.readStates([task]))[0]?.results?.[0]?.value).toBe(7)
    await backend.close()

    const without = new AmqpBackend({ url, tls: { ...(ca !== undefined && { ca }) } })
    const [refused] = await without.saveStates([write])
    expect(refused).toMatchObject({ status: 'rejected' })
    expect(String((refused as { error: unknown }).error)).toContain('asks for a client certificate')
    await expect(without.readStates([task])).rejects.toThrow('asks for a client certificate')
    await without.close()
  })
})
