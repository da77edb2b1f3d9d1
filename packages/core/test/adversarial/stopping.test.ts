import { describe, expect, test } from 'vitest'
import type { Consumer } from '../../src/index.js'
import { chain, encodeSignature, newSignature, Server, silentLogger } from '../../src/index.js'
import { MemoryBackend, MemoryBroker } from '../../src/memory/index.js'
import { newServer, until } from '../support.js'
import { brokerWith, pause, within } from './support.js'

/** A server that is not closed when the test ends: its closing is what is tested. */
function looseServer(broker: MemoryBroker, backend: MemoryBackend): Server {
  return new Server({ logger: silentLogger, noUnixSignals: true, callTimeout: '200ms' }, broker, backend)
}

const never = (): Promise<never> => new Promise(() => undefined)

/** The memory broker whose consumers have some methods replaced. */
function brokerWithConsumer(changes: Partial<Consumer>) {
  const broker = new MemoryBroker()
  return brokerWith(
    {
      consume: async (options) => {
        const consumer = await broker.consume(options)
        return {
          receive: (max, signal) => consumer.receive(max, signal),
          ack: (deliveries) => consumer.ack(deliveries),
          nack: (deliveries, how) => consumer.nack(deliveries, how),
          reject: (deliveries, reason) => consumer.reject(deliveries, reason),
          close: () => consumer.close(),
          ...changes,
        }
      },
    },
    broker,
  )
}

describe('G10: quit()', () => {
  test('called again never makes the drain longer', async () => {
    const server = newServer()
    let isRunning = false
    server.registerTask('stubborn', () => {
      isRunning = true
      return never()
    })
    await server.sendTask(newSignature('stubborn'))
    const worker = server.newWorker('w', 1)
    void worker.launch().catch(() => undefined)
    await until(() => isRunning)
    const quit = worker.quit({ drainTimeout: '200ms' })
    await pause(50)
    void worker.quit()
    const outcome = await within(quit, 1_500)
    await worker.quit({ drainTimeout: 0 })
    expect(outcome).toBe('resolved')
  })

  test('lets launch() settle though the broker never ends its fetch', async () => {
    const server = newServer({ callTimeout: '1s' }, brokerWithConsumer({ receive: never }), new MemoryBackend())
    const worker = server.newWorker('w', 1)
    const launched = worker.launch()
    await pause(20)
    await worker.quit()
    expect(await within(launched, 1_000)).not.toBe('pending')
  }, 10_000)

  test('is over within the drain time and 5 s though the broker does not answer the closing of the consumer', async () => {
    const broker = brokerWithConsumer({ close: never })
    const server = new Server({ logger: silentLogger, noUnixSignals: true }, broker, new MemoryBackend())
    const worker = server.newWorker('w', { concurrency: 1, drainTimeout: 0 })
    void worker.launch().catch(() => undefined)
    await pause(20)
    expect(await within(worker.quit(), 5_500)).toBe('resolved')
  }, 10_000)

  test('ends inline processing that it abandons', async () => {
    const server = newServer()
    server.registerTask('stubborn', never)
    const worker = server.newWorker('w', 1)
    const processed = worker.process(encodeSignature({ ...newSignature('stubborn'), routingKey: 'q' }))
    processed.catch(() => undefined)
    await pause(20)
    await worker.quit({ drainTimeout: 0 })
    expect(await within(processed, 1_000)).toBe('rejected')
  })
})

describe('G8, G10: server.close()', () => {
  test.each(['broker', 'backend'] as const)('is over though closing the %s never settles', async (which) => {
    const inner = { broker: new MemoryBroker(), backend: new MemoryBackend() }
    inner[which].close = never
    const server = looseServer(inner.broker, inner.backend)
    expect(await within(server.close(), 1_500)).toBe('resolved')
  })

  test('closes the backend though closing the broker throws', async () => {
    const broker = new MemoryBroker()
    broker.close = () => {
      throw new Error('not even a promise')
    }
    const backend = new MemoryBackend()
    const server = looseServer(broker, backend)
    await server.close().catch(() => undefined)
    await expect(backend.readStates(['any'])).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
  })

  test('is over though the backend never answers the subscription to results', async () => {
    class Mute extends MemoryBackend {
      override onResults = never
    }
    const server = looseServer(new MemoryBroker(), new Mute())
    const waiting = (await server.sendTask(newSignature('any'))).get({ timeout: '10s' })
    waiting.catch(() => undefined)
    await pause(20)
    expect(await within(server.close(), 1_500)).toBe('resolved')
  })

  test('is over though the backend never answers the subscription to cancellations', async () => {
    class Mute extends MemoryBackend {
      override onCancelled = never
    }
    const broker = new MemoryBroker()
    const server = looseServer(broker, new Mute())
    let runs = 0
    server.registerTask('good', () => ++runs)
    void server.newWorker('w', 1).launch()
    await server.sendChain(chain(newSignature('good'), newSignature('good')))
    await until(() => runs === 2)
    expect(await within(server.close(), 1_500)).toBe('resolved')
  })

  test('during many sends settles every one of them', async () => {
    const server = newServer()
    server.registerTask('good', () => 'good')
    void server.newWorker('w', 4).launch()
    const sends = Array.from({ length: 500 }, async (_, index) => {
      await pause(index % 20)
      return server.sendTask(newSignature('good'))
    })
    const all = Promise.allSettled(sends)
    await pause(10)
    await server.close()
    expect(await within(all, 2_000)).toBe('resolved')
  })
})
