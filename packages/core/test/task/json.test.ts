import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineTask, type InputOf, json, list, type OutputOf, type StandardSchema } from '../../src/task/index.js'

const invalid = { code: 'MACHINERY_INVALID_ARGUMENT' }
const image = z.object({ url: z.string(), width: z.number().default(800) })

describe('json()', () => {
  test('travels as a string of JSON text', () => {
    const any = json<{ a: number[] }>()
    expect(any.goType).toBe('string')
    expect(any.encode({ a: [1, 2] })).toBe('{"a":[1,2]}')
    expect(any.decode({ type: 'string', value: '{"a":[1,2]}' })).toEqual({ a: [1, 2] })
    expect(any.encode(null as never)).toBe('null')
  })

  test('gives senders the input type of a Zod schema and handlers its output', async () => {
    const descriptor = json(image)
    expectTypeOf<InputOf<typeof descriptor>>().toEqualTypeOf<{ url: string; width?: number | undefined }>()
    expectTypeOf<OutputOf<typeof descriptor>>().toEqualTypeOf<{ url: string; width: number }>()
    const text = descriptor.encode({ url: 'a' })
    expect(text).toBe('{"url":"a"}')
    expect(await descriptor.decode({ type: 'string', value: text })).toEqual({ url: 'a', width: 800 })
  })

  test('does not let a transformation run twice', async () => {
    const descriptor = json(
      v.pipe(
        v.string(),
        v.transform((text) => text.length),
      ),
    )
    expectTypeOf<InputOf<typeof descriptor>>().toEqualTypeOf<string>()
    expectTypeOf<OutputOf<typeof descriptor>>().toEqualTypeOf<number>()
    expect(await descriptor.decode({ type: 'string', value: descriptor.encode('four') })).toBe(4)
  })

  test('checks on both sides, naming where the value is wrong', () => {
    const descriptor = json(z.object({ user: z.object({ age: z.number() }) }))
    expect(() => descriptor.encode({ user: { age: 'x' } } as never)).toThrow(/user\.age: .*number/)
    expect(() => descriptor.decode({ type: 'string', value: '{"user":{"age":"x"}}' })).toThrow(/user\.age: .*number/)
  })

  test('lists five issues at most', () => {
    const descriptor = json(z.array(z.number()))
    expect(() => descriptor.encode(Array(8).fill('x') as never)).toThrow(/and 3 more\.$/)
  })

  test('validates asynchronously where a schema does', async () => {
    let runs = 0
    const descriptor = json(
      z.string().refine(async (text) => {
        runs++
        return text !== 'bad'
      }),
    )
    expect(descriptor.encode('bad')).toBe('"bad"')
    const runsOfFirst = runs
    descriptor.encode('bad')
    expect(runs).toBe(runsOfFirst)
    await expect(descriptor.decode({ type: 'string', value: '"good"' })).resolves.toBe('good')
    await expect(descriptor.decode({ type: 'string', value: '"bad"' })).rejects.toMatchObject(invalid)
    const items = list(descriptor)
    await expect(items.decode({ type: '[]string', value: ['"a"', '"b"'] })).resolves.toEqual(['a', 'b'])
    expect(() => items.decode({ type: '[]string', value: ['"bad"', 1] })).toThrow('1 is not string')
  })

  test('leaves an error of the schema itself as it is when it comes later, so that it may be retried', async () => {
    const down = new Error('database is down')
    const schema: StandardSchema<string> = {
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(down) },
    }
    expect(json(schema).encode('x')).toBe('"x"')
    await expect(json(schema).decode({ type: 'string', value: '"x"' })).rejects.toBe(down)
  })

  test('refuses what JSON cannot hold, whatever it is', () => {
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    let deep: unknown = 1
    for (let level = 0; level < 10_000; level++) deep = [deep]
    const hostile = {
      toJSON: () => {
        throw Symbol('no')
      },
    }
    const broken = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap')
        },
        ownKeys: () => {
          throw new Error('trap')
        },
      },
    )
    for (const value of [cyclic, deep, { n: 1n }, undefined, () => 1, Symbol('x'), hostile, broken]) {
      expect(() => json<unknown>().encode(value)).toThrow(expect.objectContaining(invalid))
    }
  })

  test('refuses text that is not JSON, and other types', () => {
    expect(() => json().decode({ type: 'string', value: '{oops' })).toThrow(/"\{oops" is not JSON text/)
    expect(() => json().decode({ type: 'int64', value: 1 })).toThrow('reflect: Call using int64 as type string')
  })

  test('keeps prototype keys harmless', () => {
    const value = json<object>().decode({ type: 'string', value: '{"__proto__":{"admin":true}}' })
    expect((value as { admin?: boolean }).admin).toBeUndefined()
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  test('nests in lists', async () => {
    const images = list(json(image))
    expect(images.goType).toBe('[]string')
    const wire = images.encode([{ url: 'a' }, { url: 'b', width: 1 }])
    expect(wire).toEqual(['{"url":"a"}', '{"url":"b","width":1}'])
    expect(await images.decode({ type: '[]string', value: wire })).toEqual([
      { url: 'a', width: 800 },
      { url: 'b', width: 1 },
    ])
  })

  test('types arguments of tasks, unknown properties included', () => {
    const resize = defineTask('resize', { args: [json(image)] })
    resize.s({ url: 'a' })
    // @ts-expect-error a typing error in an optional property
    resize.s({ url: 'a', widht: 3 })
    // @ts-expect-error a required property is missing
    expect(() => resize.s({ width: 3 })).toThrow('Argument 1 of task resize (json): ')
  })
})
