import { expect, test } from 'vitest'
import type { Broker, Consumer, Delivery } from '../../src/index.js'
import { encodeSignature, newSignature, Server, silentLogger } from '../../src/index.js'
import { MemoryBackend } from '../../src/memory/index.js'
import { until } from '../support.js'

/** A broker whose deliveries come when the test says so. */
function handBroker(): { broker: Broker; deliver: (delivery: Delivery) => void; settled: Set<Delivery> } {
  const settled = new Set<Delivery>()
  let receive: (deliveries: readonly Delivery[]) => void = () => undefined
  const settle: Consumer['ack'] = async (deliveries) =>
    deliveries.map((delivery) => {
      settled.add(delivery)
      return { status: 'ok' }
    })
  const consumer: Consumer = {
    receive: (_, signal) =>
      new Promise((resolve) => {
        receive = resolve
        signal.addEventListener('abort', () => resolve([]), { once: true })
      }),
    ack: settle,
    nack: settle,
    reject: settle,
    close: async () => undefined,
  }
  const broker: Broker = {
    name: 'hand',
    capabilities: { maxDelayMs: 0, maxPriority: 0, maxBodyBytes: 1_000_000, redelivery: 'never' },
    publish: async (messages) => messages.map(() => ({ status: 'ok' })),
    consume: async () => consumer,
    close: async () => undefined,
  }
  return { broker, deliver: (delivery) => receive([delivery]), settled }
}

test('F13: settles a message that comes again at the very moment when its task is done', async () => {
  const { broker, deliver, settled } = handBroker()
  await using server = new Server({ logger: silentLogger, noUnixSignals: true }, broker, new MemoryBackend())
  let runs = 0
  server.registerTask('work', () => void runs++)
  const worker = server.newWorker('test-worker', 4)
  const body = encodeSignature(newSignature('work'))
  const again: Delivery = { body }
  // The last thing that a worker does for a task.
  let isFirst = true
  worker.setPostTaskHandler(() => {
    if (isFirst) deliver(again)
    isFirst = false
  })
  void worker.launch()
  const first: Delivery = { body }
  await until(() => {
    deliver(first)
    return settled.has(first)
  })
  await until(() => settled.has(again), 2_000)
  expect(runs).toBe(1)
})
