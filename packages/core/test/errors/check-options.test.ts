import { describe, expect, test } from 'vitest'
import { checkOptions, isMachineryError, type OptionNames } from '../../src/errors/index.js'
import type { MemoryBroker } from '../../src/memory/index.js'
import { exponential, fibonacci, fixed } from '../../src/retry/index.js'
import { defineTask, int, string } from '../../src/task/index.js'
import { chord, group } from '../../src/workflow/index.js'
import { newServer } from '../support.js'

interface Options {
  readonly url?: string
  readonly leaseMs?: number
}

const names: OptionNames<Options> = { url: true, leaseMs: true }

/** As from JavaScript: the types know nothing of it. */
function refused(act: (options: never) => unknown, options: unknown): string {
  try {
    act(options as never)
  } catch (error) {
    expect(isMachineryError(error) && error.code).toBe('MACHINERY_CONFIGURATION')
    return (error as Error).message
  }
  throw new Error('Nothing was refused.')
}

describe('options', () => {
  const check = (options: Options): void => checkOptions('RedisBroker', options, names)

  test('that are known, absent or undefined are taken', () => {
    expect(check({})).toBeUndefined()
    expect(check({ url: 'redis://h', leaseMs: 1 })).toBeUndefined()
    expect(check({ lease: undefined } as Options)).toBeUndefined()
  })

  test.each([
    [{ leasMs: 1 }, 'RedisBroker has no option "leasMs". Did you mean leaseMs?'],
    [{ URL: 'redis://h' }, 'RedisBroker has no option "URL". Did you mean url?'],
    [{ poolSize: 3 }, 'RedisBroker has no option "poolSize". Known are: url, leaseMs.'],
    [JSON.parse('{"__proto__": 1}'), 'RedisBroker has no option "__proto__". Known are: url, leaseMs.'],
    [{ constructor: 1 }, 'RedisBroker has no option "constructor". Known are: url, leaseMs.'],
    [null, 'RedisBroker takes its options as an object, for example { url: … }; got null.'],
    [['x'], 'RedisBroker takes its options as an object, for example { url: … }; got an object of type Array.'],
    [
      new Map([['url', 'redis://h']]),
      'RedisBroker takes its options as an object, for example { url: … }; got an object of type Map.',
    ],
    [
      new URL('redis://u:s3cret@h'),
      'RedisBroker takes its options as an object, for example { url: … }; got an object of type URL.',
    ],
    ['hunter2', 'RedisBroker takes its options as an object, for example { url: … }; got a string.'],
    [6379, 'RedisBroker takes its options as an object, for example { url: … }; got 6379.'],
    [
      'localhost:6379',
      'RedisBroker takes its options as an object, for example { url: … }; got the string "localhost:6379".',
    ],
    [
      'redis://user:s3cret@h',
      'RedisBroker takes its options as an object, for example { url: … }; got the string "redis://…".',
    ],
    ['user:s3cret@h', 'RedisBroker takes its options as an object, for example { url: … }; got a string.'],
    [() => {}, 'RedisBroker takes its options as an object, for example { url: … }; got a function.'],
  ])('%j are refused', (options, text) => {
    expect(refused(check, options)).toBe(text)
  })

  test('of a worker are refused when their name is unknown, or they are no object', async () => {
    await using server = newServer()
    const make = (options: never): unknown => server.newWorker('w', options)
    expect(refused(make, { concurency: 3 })).toBe('newWorker() has no option "concurency". Did you mean concurrency?')
    expect(refused(make, '3')).toBe('newWorker() takes its options as an object; got the string "3".')
    expect(server.newWorker('w', 3)).toBeDefined()
  })

  test('of a task are refused when their name is unknown, or they are no object', () => {
    const define = (options: never): unknown => defineTask('resize', options)
    expect(refused(define, { arg: [string] })).toBe('Task resize has no option "arg". Did you mean args?')
    expect(refused(define, { timeOut: '3s' })).toBe('Task resize has no option "timeOut". Did you mean timeout?')
    expect(refused(define, 'fast')).toBe('Task resize takes its options as an object; got a string.')
  })

  test('of with() are refused when their name is unknown, or they are no object', () => {
    const change = (changes: never): unknown => defineTask('resize').s().with(changes)
    expect(refused(change, { onSucces: [] })).toBe('with() has no option "onSucces". Did you mean onSuccess?')
    expect(refused(change, 'high')).toBe('with() takes its options as an object; got a string.')
    expect(refused(change, undefined)).toBe('with() takes its options as an object; got undefined.')
  })
})

describe('options that were swallowed before are refused', () => {
  const add = defineTask('add', { args: [int, int], result: int })

  test('of get(), also on a result that is there already', async () => {
    await using server = newServer()
    const known = "get() takes its options as an object, for example { timeout: '10s' }; got 300."
    const result = server.asyncResult('u', add)
    await expect(result.get({ timeuot: '1s' } as never)).rejects.toThrow('Did you mean timeout?')
    await expect(result.get(300 as never)).rejects.toThrow(known)
    const empty = await server.sendGroup(group())
    await expect(empty.get(300 as never)).rejects.toThrow(known)
    await expect(empty.get({ timeuot: '1s' } as never)).rejects.toThrow('get() has no option "timeuot"')
    expect(await empty.get()).toEqual([])
  })

  test('of registerPeriodicTask, and those that only groups have', async () => {
    await using server = newServer()
    const register = (options: unknown): Promise<void> =>
      server.registerPeriodicTask('@daily', 'nightly', add.s(1, 2), options as never)
    await expect(register({ timezone: 'Europe/Paris' })).rejects.toThrow('Did you mean timeZone?')
    await expect(register({ sendConcurrency: 3 })).rejects.toThrow('has no option "sendConcurrency"')
    await expect(register('Europe/Paris')).rejects.toThrow("for example { timeZone: 'Europe/Paris' }; got a string.")
    expect(server.listPeriodic()).toEqual([])
    await server.registerPeriodicGroup('@daily', 'all', group(add.s(1, 2)), { sendConcurrency: 3 })
    expect(server.listPeriodic()).toHaveLength(1)
  })

  test('of sendGroup and sendChord, before anything is sent', async () => {
    await using server = newServer()
    const members = group(add.s(1, 2))
    await expect(server.sendGroup(members, 0, { onprogress: () => {} } as never)).rejects.toThrow(
      'Sending a workflow has no option "onprogress". Did you mean onProgress?',
    )
    await expect(server.sendChord(chord(members, add.s(1)), 0, { onProgress: 'x' as never })).rejects.toThrow(
      'onProgress must be a function, got "x".',
    )
    const broker = server.getBroker() as MemoryBroker
    expect((await broker.countMessages('machinery_tasks')).pending).toBe(0)
  })

  test('of backoffs', () => {
    expect(refused((options) => exponential('1s', options), { maximum: '1m' })).toContain(
      'Known are: max, factor, jitter',
    )
    expect(refused((options) => exponential('1s', options), { maxx: '1m' })).toContain('Did you mean max?')
    expect(refused((options) => fibonacci(options), '1s')).toContain("for example { max: '5m' }; got a string.")
  })

  test('of retry, with what was probably meant', () => {
    const define = (retry: never): unknown => defineTask('fetch', { retry })
    const backoff = fixed('1s')
    expect(refused(define, { attempt: 3, backoff })).toBe(
      'The retry of task fetch has no option "attempt". Did you mean attempts?',
    )
    expect(refused(define, 3)).toContain("for example { attempts: 3, backoff: fixed('10s') }; got 3.")
    expect(refused(define, { attempts: 2, backoff: '1s' })).toBe(
      "Task fetch retries with backoff \"1s\". Give fixed('10s'), exponential('1s') or fibonacci().",
    )
    expect(refused(define, { attempts: 2 })).toContain('retries with backoff undefined')
    expect(refused(define, { attempts: 2, backoff, retryOn: 'x' })).toContain('retries with retryOn "x"')
    expect(define({ attempts: 2, backoff, retryOn: () => true } as never)).toBeDefined()
  })

  test('a timeout of 0, with which every run would fail', () => {
    expect(() => defineTask('fetch', { timeout: 0 })).toThrow(RangeError)
    expect(() => defineTask('fetch', { timeout: '0s' })).toThrow('Leave it out for no limit.')
    expect(defineTask('fetch', { timeout: 1 })).toBeDefined()
  })

  test('of newWorker in the place of its name', async () => {
    await using server = newServer()
    expect(refused((tag) => server.newWorker(tag), { concurrency: 3 })).toBe(
      "newWorker() takes the worker's name first, a string, for example newWorker('worker-1', { concurrency: 3 }); got an object.",
    )
    expect(refused((tag) => server.newWorker(tag), 3)).toContain('got a number.')
  })

  test('a pre-publish handler that is no function', async () => {
    await using server = newServer()
    expect(() => server.setPrePublishHandler('x' as never)).toThrow('must be a function, got "x"')
    expect(server.setPrePublishHandler(undefined)).toBeUndefined()
  })
})
