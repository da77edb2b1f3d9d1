import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import {
  type AsyncResult,
  bytes,
  chord,
  defineTask,
  group,
  int,
  json,
  list,
  newSignature,
  rest,
  string,
  TaskFailedError,
  taskContext,
} from '../../src/index.js'
import { MemoryBackend, MemoryBroker, VirtualClock } from '../../src/memory/index.js'
import { launchedServer, newServer, recordingLogger, until } from '../support.js'

const add = defineTask('add', { args: [int, int], result: int })
const sum = defineTask('sum', { args: [rest(int)], result: int })

describe('sending a task and awaiting its result', () => {
  test('gives what the handler returned, with its type', async () => {
    const server = launchedServer()
    server.registerTask(add, (a, b) => a + b)
    const result = await server.sendTask(add.s(1, 2))
    expectTypeOf(result).toEqualTypeOf<AsyncResult<number>>()
    expect(await result.get()).toBe(3)
    expect(await result.touch()).toBe(3)
    expect((await result.getState())?.state).toBe('SUCCESS')
  })

  test('does not compile with an argument missing or of another type', () => {
    const server = newServer()
    // Never called: only the compiler looks at it.
    const misuse = async () => {
      // @ts-expect-error the second argument is missing
      await server.sendTask(add.s(1))
      // @ts-expect-error a string is no int
      await server.sendTask(add.s(1, 'two'))
      // @ts-expect-error the handler returns a string
      server.registerTask(add, () => 'three')
    }
    expect(misuse).toBeTypeOf('function')
  })

  test('works in the manner of Machinery, by name and with literal signatures', async () => {
    const server = launchedServer()
    server.registerTasks({ add: (...numbers: number[]) => numbers.reduce((a, b) => a + b, 0) })
    const signature = newSignature('add', [
      { type: 'int64', value: 1 },
      { type: 'int64', value: 41 },
    ])
    const result = await server.sendTask(signature)
    expect(result.uuid).toBe(signature.uuid)
    expect(await result.get()).toBe(42)
  })

  test('carries every kind of value there and back', async () => {
    const server = launchedServer()
    const echo = defineTask('echo', {
      args: [string, bytes, list(int), json<{ deep: { value: string } }>()],
      result: json<unknown[]>(),
    })
    server.registerTask(echo, (...values) => [values[0], [...values[1]], values[2], values[3]])
    const result = await server.sendTask(
      echo.s('<é&\u2028>', Uint8Array.of(1, 2, 255), [1, 2], { deep: { value: 'x' } }),
    )
    expect(await result.get()).toEqual(['<é&\u2028>', [1, 2, 255], [1, 2], { deep: { value: 'x' } }])
  })

  test('keeps 64-bit integers exact', async () => {
    const server = launchedServer()
    server.registerTask('same', (value: bigint) => value)
    const result = await server.sendTask(newSignature('same', [{ type: 'int64', value: 9_223_372_036_854_775_807n }]))
    expect(await result.get()).toBe(9_223_372_036_854_775_807n)
  })

  test('sends many tasks at once, in order', async () => {
    const server = launchedServer()
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    const results = await server.sendTasks(Array.from({ length: 500 }, (_, index) => sum.s(index, 1)))
    const values = await Promise.all(results.map((result) => result.get()))
    expect(values).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
  })

  test('names those of many that could not be sent, and sends the others', async () => {
    const server = launchedServer()
    server.registerTask('say', (text: string) => text)
    const good = newSignature('say', [{ type: 'string', value: 'good' }])
    const bad = newSignature('say', [{ type: 'map[string]int', value: {} }])
    const error: AggregateError = await server.sendTasks([good, bad]).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    )
    expect(error.message).toMatch(/^1 of 2 tasks were not sent/)
    expect(error.errors[0]).toMatchObject({ code: 'MACHINERY_INVALID_SIGNATURE' })
    expect(await server.asyncResult(good.uuid).get()).toBe('good')
  })

  test('leaves the signature as it is, and gives each sending of one without a UUID its own', async () => {
    const server = launchedServer()
    server.registerTask(add, (a, b) => a + b)
    const signature = add.s(1, 1)
    const [one, other] = [await server.sendTask(signature), await server.sendTask(signature)]
    expect(signature.uuid).toBe('')
    expect(one.uuid).not.toBe(other.uuid)
  })

  test('runs the same UUID once, however often it is sent', async () => {
    const server = launchedServer()
    let runs = 0
    server.registerTask('count', () => ++runs)
    const signature = newSignature('count')
    await (await server.sendTask(signature)).get()
    await server.sendTask(signature)
    await server.sendTask(signature)
    const after = newSignature('count')
    await (await server.sendTask(after)).get()
    expect(runs).toBe(2)
    expect(await server.asyncResult(signature.uuid).get()).toBe(1)
  })

  test('runs a UUID again when its state was purged', async () => {
    const server = launchedServer()
    let runs = 0
    server.registerTask('count', () => ++runs)
    const signature = newSignature('count')
    expect(await (await server.sendTask(signature)).get()).toBe(1)
    await server.purgeState(signature.uuid)
    expect(await (await server.sendTask(signature)).get()).toBe(2)
  })

  test('reports a failure with its text and the UUID of the task', async () => {
    const server = launchedServer()
    server.registerTask('fail', () => {
      throw new Error('boom <x>')
    })
    const result = await server.sendTask(newSignature('fail'))
    const error = await result.get().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TaskFailedError)
    expect(error).toMatchObject({
      code: 'MACHINERY_TASK_FAILED',
      message: 'boom <x>',
      uuid: result.uuid,
      taskName: 'fail',
    })
  })

  test('gives handlers their signature, attempt, log and signal', async () => {
    const server = launchedServer()
    server.registerTask('context', async () => {
      await Promise.resolve()
      const { signature, attempt, signal, log } = taskContext()
      log.debug('seen')
      return `${signature.name} ${attempt} ${signal.aborted}`
    })
    expect(await (await server.sendTask(newSignature('context'))).get()).toBe('context 1 false')
  })

  test('reads and writes queues of their own', async () => {
    const server = newServer()
    server.registerTask('where', () => taskContext().signature.routingKey)
    void server.newCustomQueueWorker('images', 1, 'images').launch()
    const result = await server.sendTask({ ...newSignature('where'), routingKey: 'images' })
    expect(await result.get()).toBe('images')
    const elsewhere = await server.sendTask(newSignature('where'))
    await until(async () => (await elsewhere.getState())?.state === 'PENDING')
  })
})

describe('the registry', () => {
  test('tells which tasks there are', () => {
    const server = newServer()
    server.registerTask(add, (a, b) => a + b)
    server.registerTasks({ zed: () => 1, bed: () => 2 })
    expect(server.getRegisteredTaskNames()).toEqual(['add', 'bed', 'zed'])
    expect(server.isTaskRegistered('add')).toBe(true)
    expect(server.isTaskRegistered('nope')).toBe(false)
    expect(server.getRegisteredTask('add').name).toBe('add')
    expect(() => server.getRegisteredTask('nope')).toThrow('Task not registered error: nope')
  })

  test('takes all tasks of a set, or none', () => {
    const server = newServer()
    expect(() => server.registerTasks({ good: () => 1, bad: 'x' as never })).toThrow('Task must be a func type')
    expect(server.getRegisteredTaskNames()).toEqual([])
  })
})

describe('the pre-publish handler', () => {
  test('may change each signature before it leaves', async () => {
    const server = launchedServer()
    server.registerTask('header', () => String(taskContext().signature.headers?.tenant))
    server.setPrePublishHandler((signature) => {
      signature.headers = { ...signature.headers, tenant: 'blue' }
    })
    expect(await (await server.sendTask(newSignature('header'))).get()).toBe('blue')
  })

  test('changes nothing when it throws', async () => {
    const server = launchedServer()
    server.registerTask('plain', () => 'ran')
    server.setPrePublishHandler(() => {
      throw new Error('hook')
    })
    expect(await (await server.sendTask(newSignature('plain'))).get()).toBe('ran')
  })
})

describe('a message that is too large', () => {
  test('F17: is refused before anything is stored, whatever the broker would take', async () => {
    const server = newServer()
    const signature = newSignature('large', [{ type: 'string', value: 'x'.repeat(17 * 1024 * 1024) }])
    await expect(server.sendTask(signature)).rejects.toMatchObject({ code: 'MACHINERY_UNSUPPORTED' })
    expect(await server.asyncResult(signature.uuid).getState()).toBeUndefined()
  })

  test.each(['a', 'ü', '€', '😀'])('is told by its bytes, of %s as of any other text', async (char) => {
    const signature = newSignature('text', [{ type: 'string', value: char.repeat(300) }])
    const backend = new MemoryBackend()
    const probe = new MemoryBroker()
    await newServer({}, probe, backend).sendTask(signature)
    const [message] = await probe.pendingMessages('machinery_tasks', 1)
    const bytes = message?.body.byteLength as number
    await newServer({}, new MemoryBroker({ maxBodyBytes: bytes }), backend).sendTask(signature)
    const tooSmall = newServer({}, new MemoryBroker({ maxBodyBytes: bytes - 1 }), backend)
    await expect(tooSmall.sendTask(signature)).rejects.toThrow(`its message has ${bytes} bytes`)
  })

  test('keeps a chord from being stored, though its first members are small', async () => {
    const backend = new MemoryBackend()
    const calls = [vi.spyOn(backend, 'saveStates'), vi.spyOn(backend, 'createGroup')]
    const server = newServer({}, new MemoryBroker({ maxBodyBytes: 5_000 }), backend)
    const text = defineTask('text', { args: [string] })
    const members = [text.s('small'), text.s('x'.repeat(6_000))]
    await expect(server.sendChord(chord(group(...members), sum.s()))).rejects.toMatchObject({
      code: 'MACHINERY_UNSUPPORTED',
    })
    for (const call of calls) expect(call).not.toHaveBeenCalled()
  })
})

describe('the default timeout of get()', () => {
  test('counts from the ETA', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock, resultsExpireIn: 60 })
    server.registerTask('later', () => 'ran')
    const result = await server.sendTask({ ...newSignature('later'), eta: new Date(clock.now() + 3 * 86_400_000) })
    const value = result.get()
    await clock.advance('3d')
    expect(await value).toBe('ran')
  })
})

describe('a configuration that names a broker nobody passed', () => {
  test('is warned about, without the password', () => {
    const logger = recordingLogger()
    newServer({ logger, broker: 'redis://:secret@example.test:6379' })
    expect(logger.lines).toEqual([expect.stringContaining('names the broker redis://example.test:6379')])
  })
})
