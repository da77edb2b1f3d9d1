import { describe, expect, test } from 'vitest'
import { bytes, defineTask, int, json, newSignature, string, TaskTimeoutError, taskContext } from '../../src/index.js'
import { VirtualClock } from '../../src/memory/index.js'
import { launchedServer, until } from '../support.js'

const hostileProxy = new Proxy(
  {},
  {
    get() {
      throw new Error('do not look')
    },
    getPrototypeOf() {
      throw new Error('do not look')
    },
    has() {
      throw new Error('do not look')
    },
  },
)
const unprintable = new Error('x')
Object.defineProperty(unprintable, 'message', {
  get() {
    throw new Error('no message')
  },
})

describe('H01: whatever a handler throws', () => {
  const thrown: [string, unknown, RegExp][] = [
    ['an error', new Error('boom'), /^boom$/],
    ['a string', 'just text', /^just text$/],
    ['undefined', undefined, /panic: undefined/],
    ['null', null, /panic/],
    ['a number', 42, /panic: 42/],
    ['a symbol', Symbol('s'), /panic: Symbol\(s\)/],
    ['an object', { some: 'thing' }, /panic/],
    ['a function', () => 1, /panic/],
    ['a hostile proxy', hostileProxy, /panic/],
    ['an error that cannot be printed', unprintable, /panic/],
    ['an error of 5 MB', new Error('x'.repeat(5_000_000)), /^x+… \(cut, 5000000 characters in all\)$/],
  ]
  test.each(thrown)('%s becomes a short text, and the worker goes on', async (_what, value, text) => {
    for (const handler of [
      () => {
        throw value
      },
      async () => {
        await Promise.resolve()
        throw value
      },
    ]) {
      const server = launchedServer({ concurrency: 1 })
      server.registerTasks({ hostile: handler, good: () => 'good' })
      const result = await server.sendTask(newSignature('hostile'))
      const error = (await result.get({ timeout: '5s' }).catch((failure: unknown) => failure)) as Error
      expect(error.message).toMatch(text)
      expect(error.message.length).toBeLessThan(9_000)
      expect(await (await server.sendTask(newSignature('good'))).get({ timeout: '5s' })).toBe('good')
    }
  })

  test.each([
    // biome-ignore lint/suspicious/noThenProperty: a hostile value is what is tested
    ['thenable', { then: 'no function' }],
    ['proxy', hostileProxy],
    [
      'throwing thenable',
      {
        // biome-ignore lint/suspicious/noThenProperty: a hostile value is what is tested
        get then(): never {
          throw new Error('then')
        },
      },
    ],
  ])('a hostile %s as a result fails cleanly', async (_what, value) => {
    const server = launchedServer({ concurrency: 1 })
    server.registerTasks({ hostile: () => value, good: () => 'good' })
    await expect((await server.sendTask(newSignature('hostile'))).get({ timeout: '5s' })).rejects.toThrow()
    expect(await (await server.sendTask(newSignature('good'))).get({ timeout: '5s' })).toBe('good')
  })
})

describe('H03: a handler that never resolves', () => {
  test('frees its slot at the timeout, with its signal aborted', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock, concurrency: 1 })
    const hang = defineTask('hang', { timeout: '2m' })
    let reason: unknown
    server.registerTask(hang, () => {
      const { signal } = taskContext()
      signal.addEventListener('abort', () => {
        reason = signal.reason
      })
      return new Promise<void>(() => undefined)
    })
    server.registerTask('good', () => 'good')
    const hung = await server.sendTask(hang.s())
    const good = await server.sendTask(newSignature('good'))
    await clock.advance('119s')
    expect((await good.getState())?.state).toBe('PENDING')
    await clock.advance('2s')
    expect(await good.touch()).toBe('good')
    await expect(hung.touch()).rejects.toThrow('Task hang ran longer than its timeout of 120000 ms.')
    expect(reason).toBeInstanceOf(TaskTimeoutError)
  })

  test('ignores what it does afterwards', async () => {
    const server = launchedServer()
    const late = defineTask('late', { timeout: '20ms', result: string })
    let isOver = false
    server.registerTask(late, async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      isOver = true
      return 'too late'
    })
    const result = await server.sendTask(late.s())
    await expect(result.get()).rejects.toThrow('longer than its timeout')
    await until(() => isOver)
    expect((await result.getState())?.state).toBe('FAILURE')
  })
})

describe('H07: a result that cannot travel', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  let deep: unknown = 1
  for (let level = 0; level < 10_000; level++) deep = [deep]
  const results: [string, unknown][] = [
    ['cyclic', cyclic],
    ['10,000 levels deep', deep],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['not a number', Number.NaN],
    ['an integer that a double cannot hold', 2 ** 60],
    ['a bigint beyond 64 bits', 2n ** 70n],
    ['an undeclared object', { a: 1 }],
  ]
  test.each(results)('%s fails cleanly, without a retry', async (_what, value) => {
    const server = launchedServer({ concurrency: 1 })
    let runs = 0
    server.registerTask('odd', () => {
      runs++
      return value
    })
    const result = await server.sendTask({ ...newSignature('odd'), retryCount: 3 })
    await expect(result.get({ timeout: '5s' })).rejects.toThrow(/The result of task odd/)
    expect(runs).toBe(1)
  })

  test('a BigInt inside json() fails cleanly', async () => {
    const server = launchedServer()
    const task = defineTask('odd', { result: json<unknown>() })
    server.registerTask(task, () => ({ cyclic }))
    await expect((await server.sendTask(task.s())).get({ timeout: '5s' })).rejects.toThrow(/odd/)
  })

  test('one larger than the backend keeps fails cleanly', async () => {
    const server = launchedServer()
    const limit = server.getBackend().capabilities.maxRecordBytes
    const large = defineTask('large', { result: bytes })
    server.registerTask(large, () => new Uint8Array(1_000))
    if (!Number.isFinite(limit)) return expect(await (await server.sendTask(large.s())).get()).toHaveLength(1_000)
    expect(limit).toBeGreaterThan(1_000)
    return undefined
  })
})

describe('arguments that do not fit', () => {
  test('fail at once, whatever retryCount says, and the error callback is told', async () => {
    const server = launchedServer()
    const add = defineTask('add', { args: [int, int], result: int })
    let seen: unknown
    server.registerTask(add, (a, b) => a + b)
    server.registerTask('onerror', (text: string, own: string) => {
      seen = [text, own]
    })
    const signature = newSignature('add', [
      { type: 'int64', value: 1 },
      { type: 'string', value: 'two' },
    ])
    const onError = [newSignature('onerror', [{ type: 'string', value: 'own' }])]
    const result = await server.sendTask({ ...signature, retryCount: 3, onError })
    await expect(result.get()).rejects.toThrow('reflect: Call using string as type int64')
    await until(() => seen !== undefined)
    expect(seen).toEqual([expect.stringContaining('reflect: Call using string as type int64'), 'own'])
  })

  test('name too few and too many', async () => {
    const server = launchedServer()
    const add = defineTask('add', { args: [int, int], result: int })
    server.registerTask(add, (a, b) => a + b)
    const one = { type: 'int64', value: 1 }
    await expect((await server.sendTask(newSignature('add', [one]))).get()).rejects.toThrow('too few input arguments')
    await expect((await server.sendTask(newSignature('add', [one, one, one]))).get()).rejects.toThrow(
      'too many input arguments',
    )
  })
})
