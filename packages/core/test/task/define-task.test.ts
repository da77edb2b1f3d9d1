import { describe, expect, expectTypeOf, test } from 'vitest'
import { fibonacci } from '../../src/retry/index.js'
import { emptySignature, newSignature } from '../../src/signature/index.js'
import {
  bigint,
  defineTask,
  int,
  localFacts,
  resolveDelay,
  rest,
  string,
  type TaskSignature,
} from '../../src/task/index.js'

const add = defineTask('add', { args: [int, int], result: int })
const sum = defineTask('sum', { args: [string, rest(int)], result: int })
const ping = defineTask('ping')

describe('s()', () => {
  test('builds a signature with typed arguments', () => {
    expect(add.s(1, 2)).toMatchObject({
      ...emptySignature(),
      name: 'add',
      args: [
        { type: 'int64', value: 1 },
        { type: 'int64', value: 2 },
      ],
    })
    expect(Object.keys(add.s(1, 2))).toEqual(Object.keys(emptySignature()))
    expect(ping.s().args).toEqual([])
  })

  test('takes any number of the first arguments', () => {
    expect(add.s().args).toHaveLength(0)
    expect(add.s(1).args).toHaveLength(1)
    expect(sum.s('a').args).toHaveLength(1)
    expect(sum.s('a', 1, 2, 3).args).toEqual([
      { type: 'string', value: 'a' },
      { type: 'int64', value: 1 },
      { type: 'int64', value: 2 },
      { type: 'int64', value: 3 },
    ])
    const [complete, partial] = [add.s(1, 2), add.s(1)]
    expectTypeOf<(typeof complete)['~flow']['takes']>().toEqualTypeOf<[]>()
    expectTypeOf<(typeof partial)['~flow']['takes']>().toEqualTypeOf<[typeof int]>()
    // @ts-expect-error too many
    expect(() => add.s(1, 2, 3)).toThrow('Task add takes 2 arguments, got 3.')
    // @ts-expect-error a string is no int
    expect(() => add.s(1, 'x')).toThrow('Argument 2 of task add (int64): "x" is not a safe integer')
    // @ts-expect-error of the rest too
    expect(() => sum.s('a', 1, 'x')).toThrow('Argument 3 of task sum (int64): "x"')
    // @ts-expect-error a task without arguments
    expect(() => ping.s(1)).toThrow('Task ping takes 0 arguments, got 1.')
  })

  test('leaves the uuid empty, so that each time it is sent is a task of its own', () => {
    expect(add.s(1, 2).uuid).toBe('')
  })

  test('keeps messages short for large values', () => {
    expect(() => add.s('x'.repeat(100_000) as never)).toThrow(/^.{1,500}$/)
  })

  test('carries the settings of the task', () => {
    const retry = { attempts: 5, backoff: fibonacci() }
    const task = defineTask('t', {
      retry,
      timeout: '2m',
      routingKey: 'images',
      priority: 9,
      stopTaskDeletionOnError: true,
      ignoreWhenTaskNotRegistered: true,
    })
    expect(task.s()).toMatchObject({
      retryCount: 4,
      routingKey: 'images',
      priority: 9,
      stopTaskDeletionOnError: true,
      ignoreWhenTaskNotRegistered: true,
    })
    expect(task).toMatchObject({ retry, timeoutMs: 120_000 })
  })
})

describe('si()', () => {
  test('takes all arguments, as none come from the step before', () => {
    expect(add.si(1, 2).args).toHaveLength(2)
    expect(localFacts(add.si(1, 2)).takesNothing).toBe(true)
    expect(sum.si('a').args).toHaveLength(1)
    // @ts-expect-error one is missing
    expect(() => add.si(1)).toThrow('Task add takes 2 arguments, got 1.')
  })
})

describe('with()', () => {
  test('copies', () => {
    const first = add.s(1, 2)
    const second = first.with({ uuid: 'u', routingKey: 'q', priority: 3, retryCount: 2, headers: { a: 'b' } })
    expect(second).toMatchObject({ uuid: 'u', routingKey: 'q', priority: 3, retryCount: 2, headers: { a: 'b' } })
    expect(second.with({ headers: { c: null } }).headers).toEqual({ a: 'b', c: null })
    expect(first).toEqual(add.s(1, 2))
    expectTypeOf(second).toEqualTypeOf<typeof first>()
  })

  test('takes callbacks, one or several, plain ones too', () => {
    const plain = newSignature('plain', [])
    const signature = add.s(1, 2).with({ onSuccess: [add.s(1), plain], onError: plain })
    expect(signature.onSuccess.map(({ name }) => name)).toEqual(['add', 'plain'])
    expect(signature.onError).toEqual([plain])
    expect(signature.immutable).toBe(false)
  })

  test('is immutable for the sake of callbacks that take nothing, and only as long as they are there', () => {
    const silent = add.s(1, 2).with({ onSuccess: add.si(3, 4) })
    expect(silent.immutable).toBe(true)
    expect(silent.with({ uuid: 'u' }).immutable).toBe(true)
    expect(silent.with({ onSuccess: add.s(3) }).immutable).toBe(false)
    expect(() => add.s(1, 2).with({ onSuccess: [add.si(3, 4), sum.s('a')] })).toThrow(
      expect.objectContaining({ code: 'MACHINERY_UNSUPPORTED' }),
    )
    expect(ping.s().with({ onSuccess: [add.si(3, 4), ping.s()] }).immutable).toBe(false)
  })

  test('counts a delay from the moment of sending', () => {
    const delayed = add.s(1, 2).with({ delay: '10s' })
    expect(delayed.eta).toBeNull()
    const sent = resolveDelay(delayed, 1000)
    expect(sent.eta).toEqual(new Date(11_000))
    expect(resolveDelay(sent, 99_000)).toBe(sent)
    expect(resolveDelay({ ...delayed }, 5000).eta).toEqual(new Date(15_000))
    expect(delayed.eta).toBeNull()
    expect(localFacts(sent).results).toEqual([int])
    const plain = newSignature('plain', [])
    expect(resolveDelay(plain, 1)).toBe(plain)
  })

  test('replaces a delay by an eta and the other way round', () => {
    const eta = new Date(5000)
    expect(resolveDelay(add.s(1, 2).with({ delay: 10 }).with({ eta }), 0).eta).toEqual(eta)
    expect(resolveDelay(add.s(1, 2).with({ eta }).with({ delay: 10 }), 0).eta).toEqual(new Date(10))
    expect(add.s(1, 2).with({ eta }).with({ eta: null }).eta).toBeNull()
    expect(() => add.s(1, 2).with({ eta, delay: 1 })).toThrow(TypeError)
  })

  test('refuses a delay that nobody could count', () => {
    for (const field of ['onSuccess', 'onError']) {
      expect(() => add.s(1, 2).with({ [field]: add.s(1).with({ delay: 1 }) })).toThrow(/Use eta/)
    }
  })

  test.each([
    [{ priority: 256 }],
    [{ priority: -1 }],
    [{ priority: 1.5 }],
    [{ retryCount: -1 }],
    [{ eta: new Date(Number.NaN) }],
    [{ headers: { a: 1 as never } }],
    [{ headers: { a: {} as never } }],
  ])('refuses %j with a TypeError', (changes) => {
    expect(() => add.s(1, 2).with(changes)).toThrow(TypeError)
  })

  test('does not show what does not travel', () => {
    const text = JSON.stringify(add.s(1, 2).with({ delay: 1 }))
    expect(text).not.toContain('delay')
    expect(JSON.parse(text)).toEqual({ ...emptySignature(), name: 'add', args: add.s(1, 2).args })
  })
})

describe('defineTask()', () => {
  test('keeps types of definitions', () => {
    const task = defineTask('t', { args: [bigint, rest(string)], result: [int, string] })
    task.s(1n, 'a', 'b')
    expectTypeOf(task.si(1n)).toEqualTypeOf<
      TaskSignature<'takes nothing', readonly [typeof int, typeof string], 'passes results'>
    >()
  })

  test('refuses what cannot work, when it is declared', () => {
    expect(() => defineTask('')).toThrow(/needs a name/)
    expect(() => defineTask('t', { args: [rest(int), int] })).toThrow(/rest\(\) before its last argument/)
    expect(() => defineTask('t', { priority: 300 })).toThrow(/priority 300/)
    expect(() => defineTask('t', { retry: { attempts: 0, backoff: fibonacci() } })).toThrow(/attempts 0/)
    expect(() => defineTask('t', { timeout: -1 })).toThrow(RangeError)
  })
})
