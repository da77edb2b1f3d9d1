import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { TaskResult } from '../../src/contracts/index.js'
import {
  bytes,
  decodeResults,
  defineTask,
  encodeResults,
  int,
  json,
  list,
  string,
  type TaskContract,
} from '../../src/task/index.js'

function encode(definition: TaskContract | undefined, returned: unknown): readonly TaskResult[] {
  return encodeResults({ name: definition?.name ?? 'plain', definition }, returned)
}

const one = defineTask('one', { result: int })
const two = defineTask('two', { result: [int, string] })
const object = defineTask('object', { result: json<unknown>() })

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

describe('results of declared tasks', () => {
  test('travel as declared', () => {
    expect(encode(one, 1)).toEqual([{ type: 'int64', value: 1 }])
    expect(encode(two, [1, 'a'])).toEqual([
      { type: 'int64', value: 1 },
      { type: 'string', value: 'a' },
    ])
    expect(encode(object, { a: 1 })).toEqual([{ type: 'string', value: '{"a":1}' }])
    expect(encode(defineTask('t', { result: list(string) }), [])).toEqual([{ type: '[]string', value: [] }])
    expect(encode(defineTask('t', { result: bytes }), Uint8Array.of(1, 2, 255))).toEqual([
      { type: '[]uint8', value: 'AQL/' },
    ])
    expect(encode(defineTask('t'), undefined)).toEqual([])
  })

  test('are refused when they do not fit, naming the task', () => {
    expect(() => encode(one, undefined)).toThrow('The result of task one (int64): undefined is not a safe integer')
    expect(() => encode(two, [1])).toThrow('Task two declares 2 results and returned an array of 1.')
    expect(() => encode(two, 1)).toThrow('Task two declares 2 results and returned 1.')
    expect(() => encode(two, [1, 2])).toThrow('Result 2 of task two (string): 2 is not a string.')
  })
})

describe('results of undeclared tasks', () => {
  test('travel by the default Go type of the value', () => {
    expect(encode(undefined, undefined)).toEqual([])
    expect(encode(undefined, null)).toEqual([])
    expect(encode(undefined, 1)).toEqual([{ type: 'int64', value: 1 }])
    expect(encode(undefined, 1.5)).toEqual([{ type: 'float64', value: 1.5 }])
    expect(encode(undefined, [1, 2])).toEqual([{ type: '[]int64', value: [1, 2] }])
  })

  test('that are objects are refused, naming json()', () => {
    expect(() => encode(undefined, { a: 1 })).toThrow(/The result of task plain: .*json\(\)/)
  })
})

describe('results that cannot travel', () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap')
      },
      getPrototypeOf: () => {
        throw new Error('trap')
      },
      ownKeys: () => {
        throw new Error('trap')
      },
    },
  )
  test.each<[string, unknown]>([
    ['a cycle', cyclic],
    ['10000 levels', nested(10_000)],
    ['a bigint beyond 64 bits', 2n ** 64n],
    ['a bigint inside an object', { n: 1n }],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['NaN', Number.NaN],
    ['a hostile proxy', hostile],
    ['a hostile array', [hostile]],
    [
      'a toJSON that throws undefined',
      {
        toJSON: () => {
          throw undefined
        },
      },
    ],
  ])('are a clean error, declared or not: %s', (_, value) => {
    for (const task of [
      undefined,
      one,
      two,
      ...(Number.isNaN(value) ? [] : typeof value === 'bigint' ? [] : [object]),
    ]) {
      expect(() => encode(task, value)).toThrow(
        expect.objectContaining({
          code: 'MACHINERY_INVALID_ARGUMENT',
          message: expect.stringMatching(/^.{1,1000}$/s),
        }),
      )
    }
  })
})

describe('decodeResults()', () => {
  test('gives nothing, the value, or a list', () => {
    expect(decodeResults([])).toBeUndefined()
    expect(decodeResults([{ type: 'int64', value: 1 }])).toBe(1)
    expect(decodeResults(encode(two, [1, 'a']), two.results)).toEqual([1, 'a'])
  })

  test('reads by declaration, and by the wire where the number differs', async () => {
    const schema = z.object({ n: z.number().default(1) })
    const task = defineTask('t', { result: json(schema) })
    expect(await decodeResults(encode(task, {}), task.results)).toEqual({ n: 1 })
    expect(decodeResults([{ type: 'string', value: '{}' }])).toBe('{}')
    expect(
      decodeResults(
        [
          { type: 'string', value: 'a' },
          { type: 'int64', value: 1 },
        ],
        task.results,
      ),
    ).toEqual(['a', 1])
    const slow = json(schema.refine(async () => true))
    await expect(
      decodeResults(
        [
          { type: 'string', value: '{}' },
          { type: 'int64', value: 2 },
        ],
        [slow, int],
      ),
    ).resolves.toEqual([{ n: 1 }, 2])
  })
})
