import { expect, test } from 'vitest'
import { defineTask, group, int, type WorkflowStatus } from '../../src/index.js'
import { MemoryBackend, MemoryBroker } from '../../src/memory/index.js'
import { newServer, until } from '../support.js'

const add = defineTask('add', { args: [int, int], result: int })
const additions = (count: number) => group(...Array.from({ length: count }, (_, index) => add.s(index, 1)))

async function succeeded(result: { status(): Promise<WorkflowStatus> }): Promise<number> {
  const status = await result.status()
  return 'succeeded' in status ? status.succeeded : 0
}

/** Counts the states that are read. */
class WatchedBackend extends MemoryBackend {
  read = 0
  calls = 0

  override readStates(uuids: readonly string[]) {
    this.read += uuids.length
    this.calls++
    return super.readStates(uuids)
  }
}

/** Nobody is told of results: those who wait have to look. */
class SilentBackend extends WatchedBackend {
  override async onResults(): Promise<() => Promise<void>> {
    return async () => undefined
  }
}

test.each([400, 1_000, 10_000])('get() of a group of %d that has ended looks once at each member', async (size) => {
  const backend = new SilentBackend()
  const server = newServer({}, new MemoryBroker(), backend)
  server.registerTask(add, (a, b) => a + b)
  void server.newWorker('w').launch()
  const result = await server.sendGroup(additions(size))
  await until(async () => (await succeeded(result)) === size)
  ;[backend.read, backend.calls] = [0, 0]
  // Long before the look at all that comes every two seconds.
  expect(await result.get({ timeout: '1s' })).toHaveLength(size)
  expect(backend.read).toBe(size)
  expect(backend.calls).toBe(Math.ceil(size / 500))
})

test('get() looks only at members of which it was told', async () => {
  const backend = new WatchedBackend()
  const broker = new MemoryBroker()
  const result = await newServer({}, broker, backend).sendGroup(additions(5_000))
  const values = result.get()
  await until(() => backend.calls > 0)
  const before = backend.read
  const elsewhere = newServer({}, new MemoryBroker({ sharedWith: broker }), new MemoryBackend({ sharedWith: backend }))
  elsewhere.registerTask(add, (a, b) => a + b)
  void elsewhere.newWorker('w').launch()
  expect(await values).toHaveLength(5_000)
  // Each member once, and a few windows of those that may have missed their push.
  expect(backend.read - before).toBeLessThan(5_000 + 10 * 500)
})

test('get() is not held up by members at the beginning that are slow', async () => {
  const backend = new SilentBackend()
  const server = newServer({}, new MemoryBroker(), backend)
  const gate = Promise.withResolvers<number>()
  server.registerTask(add, async (a, b) => (a < 600 ? await gate.promise : a + b))
  void server.newWorker('w', 700).launch()
  const result = await server.sendGroup(additions(5_600))
  await until(async () => (await succeeded(result)) === 5_000)
  const values = result.get({ timeout: '10s' })
  const before = backend.calls
  gate.resolve(7)
  expect(await values).toHaveLength(5_600)
  expect(backend.calls - before).toBeLessThan(60)
})
