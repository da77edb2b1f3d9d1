import { describe, expect, test } from 'vitest'
import { bigint, defineTask, float, int, json, list, rest } from '../../src/task/index.js'

/** As from JavaScript: the types know nothing of it. */
function define(options: unknown): unknown {
  return defineTask('add', options as never)
}

describe('what is no descriptor is refused where the task is defined', () => {
  test.each([
    [
      { args: [String] },
      /^Argument 1 of task add is a function, which is no descriptor\. Import one from @machinery\/core: int/,
    ],
    [{ args: [int, 'int'] }, /^Argument 2 of task add is "int", which is no descriptor/],
    [{ args: [undefined] }, /^Argument 1 of task add is undefined/],
    [{ args: [rest] }, /^Argument 1 of task add is a function/],
    [
      { args: int },
      /^args of task add must be an array of descriptors, got an object \(Object\)\. Write args: \[int\]/,
    ],
    [{ args: 'int' }, /^args of task add must be an array of descriptors, got "int"/],
    [{ result: 'int' }, /^The result of task add is "int"/],
    [{ result: [int, Number] }, /^The result of task add is a function/],
    [{ result: null }, /^The result of task add is null/],
  ])('%# %o', (options, message) => {
    expect(() => define(options)).toThrow(TypeError)
    expect(() => define(options)).toThrow(message)
  })

  test('also as the item of list() and rest()', () => {
    expect(() => (list as (item?: unknown) => unknown)()).toThrow(
      'The item of list() is undefined, which is no descriptor',
    )
    expect(() => list('int' as never)).toThrow('The item of list() is "int"')
    expect(() => rest(String as never)).toThrow('The item of rest() is a function')
    expect(define({ args: [list(int), rest(int)], result: [int, float] })).toBeDefined()
  })

  test('and so is a schema that is none', () => {
    expect(() => json({ name: 'x' } as never)).toThrow(TypeError)
    expect(() => json('x' as never)).toThrow(
      'json() takes a schema, got "x", which is none. Give one of Zod, Valibot or ArkType',
    )
    expect(() => json(null as never)).toThrow('got null')
  })
})

describe('a number that is a string', () => {
  const taking = (descriptor: typeof int) => () => defineTask('add', { args: [descriptor] }).s('1' as never)

  test('is refused with the advice to convert it', () => {
    expect(taking(int)).toThrow('It is a string: convert it, as in Number(text).')
    expect(taking(float as never)).toThrow('It is a string: convert it, as in Number(text).')
    expect(taking(bigint as never)).toThrow('It is a string: convert it, as in BigInt(text).')
  })

  test('gets no such advice when it is no number', () => {
    expect(() => defineTask('add', { args: [int] }).s('one' as never)).toThrow('Declare the value as bigint')
  })
})
