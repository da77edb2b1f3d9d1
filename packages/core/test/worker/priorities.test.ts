import { expect, test } from 'vitest'
import { encodeSignature, newSignature, UnsupportedError } from '../../src/index.js'
import { MemoryBackend, MemoryBroker } from '../../src/memory/index.js'
import { newServer, until } from '../support.js'

class WithoutPriorities extends MemoryBroker {
  override readonly capabilities = {
    maxDelayMs: Number.POSITIVE_INFINITY,
    maxPriority: 0,
    maxBodyBytes: 1_000_000,
    redelivery: 'after-consumer-loss' as const,
  }
}

test('a priority that the broker lacks is refused where a task is sent', async () => {
  const server = newServer({}, new WithoutPriorities(), new MemoryBackend())
  await expect(server.sendTask({ ...newSignature('add'), priority: 5 })).rejects.toThrow(UnsupportedError)
})

test('of a task that came from Go with such a priority, the retry and the callback are sent all the same', async () => {
  const broker = new WithoutPriorities()
  const server = newServer({}, broker, new MemoryBackend())
  let attempts = 0
  let followed = 0
  server.registerTasks({
    flaky: () => {
      if (++attempts === 1) throw new Error('not yet')
    },
    after: () => {
      followed++
    },
  })
  void server.newWorker('test-worker', 1).launch()
  const after = { ...newSignature('after'), priority: 5 }
  const flaky = { ...newSignature('flaky'), priority: 5, retryCount: 1, onSuccess: [after] }
  await broker.publish([{ routingKey: 'machinery_tasks', body: encodeSignature(flaky) }])
  await until(() => followed === 1)
  expect(attempts).toBe(2)
})
