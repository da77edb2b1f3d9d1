import { describe, expect, test } from 'vitest'
import type { Consumer } from '../../src/index.js'
import { defineTask, newSignature, taskContext, WorkerQuitError } from '../../src/index.js'
import { MemoryBackend, MemoryBroker } from '../../src/memory/index.js'
import { gate, launchedServer, newServer, recordingLogger, until } from '../support.js'

describe('quitting', () => {
  test('lets running tasks finish, and runs nothing else', async () => {
    const server = newServer()
    const door = gate()
    const ran: number[] = []
    server.registerTask('wait', async (n: number) => {
      ran.push(n)
      await door.opened
    })
    const worker = server.newWorker('w', 2)
    const launched = worker.launch()
    const results = await server.sendTasks([1, 2, 3].map((value) => newSignature('wait', [{ type: 'int64', value }])))
    await until(() => ran.length === 2)
    const quit = worker.quit()
    door.open()
    await quit
    await launched
    expect(ran).toEqual([1, 2])
    const states = await Promise.all(results.map((result) => result.getState()))
    expect(states.map((state) => state?.state)).toEqual(['SUCCESS', 'SUCCESS', 'PENDING'])
  })

  test('leaves what did not start for the next worker, in order', async () => {
    const server = newServer()
    const door = gate()
    const ran: number[] = []
    server.registerTask('wait', async (n: number) => {
      ran.push(n)
      if (n === 0) await door.opened
    })
    const first = server.newWorker('first', 1)
    const launched = first.launch()
    await server.sendTasks([0, 1, 2, 3, 4].map((value) => newSignature('wait', [{ type: 'int64', value }])))
    await until(() => ran.length === 1)
    const quit = first.quit()
    door.open()
    await Promise.all([quit, launched])
    expect(ran).toEqual([0])
    void server.newWorker('second', 1).launch()
    await until(() => ran.length === 5)
    expect(ran).toEqual([0, 1, 2, 3, 4])
  })

  test('cannot be launched again after it quit', async () => {
    const worker = newServer().newWorker('once', 1)
    const launched = worker.launch()
    expect(worker.launch()).toBe(launched)
    await worker.quit()
    await launched
    await expect(worker.launch()).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
  })

  test('aborts and gives back what does not end within the drain timeout; the launch says so', async () => {
    const server = newServer()
    const runs: AbortSignal[] = []
    const door = gate()
    server.registerTask('stubborn', async () => {
      runs.push(taskContext().signal)
      if (runs.length === 1) await new Promise(() => undefined)
      await door.opened
      return 'second run'
    })
    const worker = server.newWorker('w', { concurrency: 1, drainTimeout: '50ms' })
    const launched = worker.launch()
    const outcome = expect(launched).rejects.toBeInstanceOf(WorkerQuitError)
    const result = await server.sendTask(newSignature('stubborn'))
    await until(() => runs.length === 1)
    await worker.quit()
    await outcome
    expect(runs[0]?.aborted).toBe(true)
    void server.newWorker('w2', 1).launch()
    await until(() => runs.length === 2)
    door.open()
    expect(await result.get()).toBe('second run')
  })

  test('H09: resolves before launch, during connecting, and twice', async () => {
    const server = newServer()
    const never = server.newWorker('never', 1)
    await never.quit()
    await never.quit()
    await expect(never.launch()).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })

    const broker = new MemoryBroker()
    let closed = 0
    const door = gate()
    const slow = {
      name: 'slow',
      capabilities: broker.capabilities,
      publish: broker.publish.bind(broker),
      close: () => broker.close(),
      consume: async (options: Parameters<MemoryBroker['consume']>[0]): Promise<Consumer> => {
        await door.opened
        const consumer = await broker.consume(options)
        return {
          receive: consumer.receive.bind(consumer),
          ack: consumer.ack.bind(consumer),
          nack: consumer.nack.bind(consumer),
          reject: consumer.reject.bind(consumer),
          close: async () => {
            closed++
            await consumer.close()
          },
        }
      },
    }
    const connecting = newServer({}, slow, new MemoryBackend()).newWorker('connecting', 1)
    const launched = connecting.launch()
    await Promise.all([connecting.quit(), connecting.quit()])
    await launched
    door.open()
    await until(() => closed === 1)
  })

  test('with `await using`, at the end of the block', async () => {
    const server = newServer()
    let launched: Promise<void>
    {
      await using worker = server.newWorker('scoped', 1)
      launched = worker.launch()
    }
    await launched
  })
})

describe('process signals', () => {
  test('F03: the first one drains', async () => {
    const server = newServer({ noUnixSignals: false })
    const door = gate()
    let isRunning = false
    server.registerTask('wait', async () => {
      isRunning = true
      await door.opened
      return 'done'
    })
    const launched = server.newWorker('w', 1).launch()
    const result = await server.sendTask(newSignature('wait'))
    await until(() => isRunning)
    process.emit('SIGTERM', 'SIGTERM')
    door.open()
    await launched
    expect(await result.touch()).toBe('done')
    expect(process.listenerCount('SIGTERM')).toBe(0)
  })

  test('F04: the second one gives running tasks back at once', async () => {
    const server = newServer({ noUnixSignals: false })
    let isRunning = false
    server.registerTask('wait', async () => {
      isRunning = true
      await new Promise(() => undefined)
    })
    const launched = server.newWorker('w', 1).launch()
    const result = await server.sendTask(newSignature('wait'))
    await until(async () => isRunning && (await result.getState())?.state === 'STARTED')
    process.emit('SIGINT', 'SIGINT')
    process.emit('SIGINT', 'SIGINT')
    await expect(launched).rejects.toMatchObject({ code: 'MACHINERY_WORKER_QUIT' })
    expect((await result.getState())?.state).toBe('STARTED')
  })

  test('are left alone with noUnixSignals', async () => {
    const server = newServer({ noUnixSignals: true })
    const before = process.listenerCount('SIGTERM')
    const worker = server.newWorker('w', 1)
    const launched = worker.launch()
    expect(process.listenerCount('SIGTERM')).toBe(before)
    await worker.quit()
    await launched
  })
})

describe('handlers', () => {
  test('see each task before and after it, and its failure', async () => {
    const server = newServer()
    const seen: string[] = []
    server.registerTasks({
      good: () => void seen.push('good runs'),
      bad: () => {
        throw new Error('boom')
      },
    })
    const worker = server.newWorker('w', 1)
    worker.setPreTaskHandler((signature) => void seen.push(`before ${signature.name}`))
    worker.setPostTaskHandler((signature) => void seen.push(`after ${signature.name}`))
    worker.setErrorHandler((error) => void seen.push(`error ${(error as Error).message}`))
    void worker.launch()
    await server.sendTask(newSignature('good'))
    await until(() => seen.includes('after good'))
    await server.sendTask(newSignature('bad'))
    await until(() => seen.includes('after bad'))
    expect(seen).toEqual(['before good', 'good runs', 'after good', 'before bad', 'error boom', 'after bad'])
  })

  test('H08: change nothing when they throw', async () => {
    const logger = recordingLogger()
    const server = newServer({ logger })
    server.registerTasks({
      good: () => 'good',
      bad: () => {
        throw new Error('boom')
      },
    })
    const worker = server.newWorker('w', 1)
    const hook = () => {
      throw new Error('hook')
    }
    worker.setPreTaskHandler(hook)
    worker.setPostTaskHandler(hook)
    worker.setErrorHandler(hook)
    void worker.launch()
    expect(await (await server.sendTask(newSignature('good'))).get()).toBe('good')
    await expect((await server.sendTask(newSignature('bad'))).get()).rejects.toThrow('boom')
    await until(() => logger.lines.filter((line) => line.includes('hook')).length >= 5)
  })

  test('decide whether to fetch', async () => {
    const server = newServer()
    server.registerTask('good', () => 'good')
    const worker = server.newWorker('w', 1)
    let mayFetch = false
    let asked = 0
    worker.setPreConsumeHandler((asking) => {
      expect(asking).toBe(worker)
      asked++
      return mayFetch
    })
    void worker.launch()
    const result = await server.sendTask(newSignature('good'))
    await until(() => asked >= 2)
    expect((await result.getState())?.state).toBe('PENDING')
    mayFetch = true
    expect(await result.get()).toBe('good')
  })
})

describe('a broker that takes back what is not settled in time', () => {
  test('is warned of, where the timeout of a task is longer', async () => {
    const logger = recordingLogger()
    class Impatient extends MemoryBroker {
      override readonly capabilities = { ...new MemoryBroker().capabilities, maxUnsettledMs: 60_000 }
    }
    const server = newServer({ logger }, new Impatient(), new MemoryBackend())
    server.registerTask(defineTask('long', { timeout: '2m' }), () => undefined)
    server.registerTask(defineTask('short', { timeout: '1m' }), () => undefined)
    void server.newWorker('w', 1).launch()
    const warnings = logger.lines.filter((line) => line.startsWith('warn'))
    expect(warnings).toEqual([expect.stringContaining('Task long may run for 120000 ms')])
  })
})

describe('concurrency', () => {
  test('is never exceeded, and used to the full', async () => {
    const server = launchedServer({ concurrency: 3 })
    let running = 0
    let most = 0
    server.registerTask('count', async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
    })
    const results = await server.sendTasks(Array.from({ length: 30 }, () => newSignature('count')))
    await Promise.all(results.map((result) => result.get()))
    expect(most).toBe(3)
  })

  test('of 1 keeps the order of sending', async () => {
    const server = launchedServer({ concurrency: 1 })
    const seen: number[] = []
    server.registerTask('note', (n: number) => void seen.push(n))
    const numbers = Array.from({ length: 2_000 }, (_, index) => index)
    const results = await server.sendTasks(numbers.map((value) => newSignature('note', [{ type: 'int64', value }])))
    await Promise.all(results.map((result) => result.get()))
    expect(seen).toEqual(numbers)
  })

  test.each([-1, 1.5, Number.NaN])('of %d is refused', (concurrency) => {
    expect(() => newServer().newWorker('w', concurrency)).toThrow(
      /Worker option concurrency must be a whole number of 0 or more/,
    )
  })

  test('of 0 is a sensible default', () => {
    expect(newServer().newWorker('w', 0).concurrency).toBeGreaterThan(0)
  })

  test('F21: no task waits behind a busy worker while another has a free slot', async () => {
    const broker = new MemoryBroker()
    const backend = new MemoryBackend()
    const server = newServer({}, broker, backend)
    let slow = false
    server.registerTask('either', async () => {
      if (slow) await new Promise((resolve) => setTimeout(resolve, 1_000))
    })
    void server.newWorker('one', 1).launch()
    // Quick tasks make the worker take messages ahead …
    await Promise.all(
      (await server.sendTasks(Array.from({ length: 300 }, () => newSignature('either')))).map((result) => result.get()),
    )
    slow = true
    // … and slow ones must then not wait behind each other when a second worker comes.
    const results = await server.sendTasks(Array.from({ length: 2 }, () => newSignature('either')))
    void server.newWorker('two', 1).launch()
    const startedAt = performance.now()
    await Promise.all(results.map((result) => result.get()))
    expect(performance.now() - startedAt).toBeLessThan(1_900)
  })
})

test('handlers that are no functions are refused when they are set', () => {
  const worker = newServer().newWorker('w', 1)
  const given = 'log it' as never
  expect(() => worker.setErrorHandler(given)).toThrow('The error handler must be a function, got "log it".')
  expect(() => worker.setPreTaskHandler(given)).toThrow('The pre-task handler must be a function')
  expect(() => worker.setPostTaskHandler(given)).toThrow('The post-task handler must be a function')
  expect(() => worker.setPreConsumeHandler(given)).toThrow('The pre-consume handler must be a function')
})
