import { describe, expect, test } from 'vitest'
import {
  type Broker,
  chain,
  chord,
  defineTask,
  group,
  int,
  newGroup,
  newSignature,
  rest,
  taskContext,
} from '../../src/index.js'
import { EagerBroker, MemoryBackend, NullBackend } from '../../src/memory/index.js'
import { newServer } from '../support.js'

const sum = defineTask('sum', { args: [rest(int)], result: int })

describe('eager mode', () => {
  test('has run the task when sending resolves', async () => {
    const server = newServer({ eager: true })
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    const result = await server.sendTask(sum.s(1, 2))
    expect(await result.touch()).toBe(3)
  })

  test('runs retries, chains and chords through', async () => {
    const server = newServer({ eager: true })
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    let runs = 0
    server.registerTask('flaky', () => {
      if (++runs < 3) throw new Error('not yet')
      return taskContext().attempt
    })
    expect(await (await server.sendTask({ ...newSignature('flaky'), retryCount: 5 })).touch()).toBe(3)
    expect(await (await server.sendChain(chain(sum.s(1, 1), sum.s(5), sum.s()))).get()).toBe(7)
    expect(await (await server.sendChord(chord(group(sum.s(1), sum.s(2)), sum.s(100)))).get()).toBe(103)
  })

  test('lets a task send a task and wait for it', async () => {
    const server = newServer({ eager: true })
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    server.registerTask('outer', async () => (await server.sendTask(sum.s(20, 1))).get().then((value) => value * 2))
    expect(await (await server.sendTask(newSignature('outer'))).get()).toBe(42)
  })

  test('refuses a task that is not registered', async () => {
    const server = newServer({ eager: true })
    await expect(server.sendTask(newSignature('unknown'))).rejects.toMatchObject({
      code: 'MACHINERY_BROKER',
      outcome: 'rejected',
    })
  })

  test("works in Machinery's manner too, with a worker assigned by hand", async () => {
    const broker = new EagerBroker()
    const server = newServer({}, broker, new MemoryBackend())
    const worker = server.newWorker('eager', 1)
    broker.assignProcessor(({ body }) => worker.process(body))
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    expect(await (await server.sendTask(sum.s(1, 2))).touch()).toBe(3)
  })
})

describe('the null backend', () => {
  test('runs tasks, and says that there is nothing to wait for', async () => {
    const broker = new EagerBroker()
    const server = newServer({}, broker, new NullBackend())
    const worker = server.newWorker('w', 1)
    broker.assignProcessor(({ body }) => worker.process(body))
    let runs = 0
    server.registerTask('count', () => ++runs)
    const result = await server.sendTask(newSignature('count'))
    expect(runs).toBe(1)
    await expect(result.get()).rejects.toMatchObject({ code: 'MACHINERY_UNSUPPORTED' })
    await expect(server.sendChord(chord(group(sum.s(1)), sum.s()))).rejects.toThrow('keeps no groups')
  })
})

describe('choosing adapters', () => {
  test('takes a broker and a backend, or neither', () => {
    expect(() => newServer({}, new EagerBroker())).toThrow('Result backend required')
    expect(() => newServer({}, undefined, new MemoryBackend())).toThrow('A broker is required')
    expect(() => newServer({ eager: true }, new EagerBroker(), new MemoryBackend())).toThrow('leave out the broker')
  })
})

test.each([1, 3])('a group of %i whose inline broker rejects with nothing at all was not sent', async (size) => {
  const eager = new EagerBroker()
  const broker: Broker = {
    name: 'inline',
    capabilities: eager.capabilities,
    publish: () => Promise.reject(undefined),
    consume: () => eager.consume(),
    close: () => eager.close(),
  }
  const server = newServer({}, broker, new MemoryBackend())
  const sending = server.sendGroup(newGroup(...Array.from({ length: size }, () => newSignature('add'))))
  await expect(sending).rejects.toThrow()
})
