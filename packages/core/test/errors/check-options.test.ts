import { describe, expect, test } from 'vitest'
import { checkOptions, isMachineryError, type OptionNames } from '../../src/errors/index.js'
import { defineTask, string } from '../../src/task/index.js'
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
