import { describe, expect, test } from 'vitest'
import { defineTask, int, json, rest, string, TaskRegistry, type UntypedHandler } from '../../src/task/index.js'

const add = defineTask('add', { args: [int, int], result: int })
const noHandler = undefined as unknown as UntypedHandler

describe('TaskRegistry', () => {
  test('finds tasks by name, declared ones with their definition', () => {
    const registry = new TaskRegistry()
    registry.register(add, (a, b) => a + b)
    registry.register('plain', (text: string) => text)
    expect(registry.get('add')).toMatchObject({ name: 'add', definition: add })
    expect(registry.get('plain')?.definition).toBeUndefined()
    expect(registry.get('add')?.handler(1, 2)).toBe(3)
    expect([registry.has('add'), registry.has('toString'), registry.get('__proto__')]).toEqual([true, false, undefined])
    expect(registry.names()).toEqual(['add', 'plain'])
  })

  test('refuses another task of the same name, and keeps the first', () => {
    const registry = new TaskRegistry()
    const one = () => 1
    registry.register('a', one)
    registry.register(add, (a, b) => a + b)
    const taken = {
      code: 'MACHINERY_CONFIGURATION',
      message: expect.stringContaining('Task "a" is already registered'),
    }
    expect(() => registry.register('a', () => 2)).toThrow(expect.objectContaining(taken))
    expect(() => registry.register(defineTask('a'), () => {})).toThrow(expect.objectContaining(taken))
    expect(() => registry.register('add', () => 2)).toThrow('Task "add" is already registered')
    expect(() => registry.register(defineTask('add', { args: [int, int], result: int }), () => 2)).toThrow('Task "add"')
    expect(() => registry.registerAll({ b: () => 1, a: () => 2 })).toThrow(expect.objectContaining(taken))
    expect(registry.get('a')?.handler).toBe(one)
    expect(registry.get('add')?.handler(1, 2)).toBe(3)
    expect(registry.names()).toEqual(['a', 'add'])
  })

  test('takes the same task again: a definition with another handler, a name with the same one', () => {
    const registry = new TaskRegistry()
    registry.register(add, () => 1)
    registry.register(add, () => 2)
    expect(registry.get('add')?.handler(1, 2)).toBe(2)
    const one = () => 1
    registry.registerAll({ a: one })
    registry.registerAll({ a: one })
    expect(registry.names()).toEqual(['a', 'add'])
  })

  test('registers several tasks at once, or none', () => {
    const registry = new TaskRegistry()
    expect(() => registry.registerAll({ good: () => 1, bad: noHandler })).toThrow(TypeError)
    expect(registry.names()).toEqual([])
    registry.registerAll({ b: (...n: number[]) => n.length, a: async () => {} })
    expect(registry.names()).toEqual(['a', 'b'])
  })

  test('refuses handlers that are no functions and tasks without a name', () => {
    const registry = new TaskRegistry()
    expect(() => registry.register('a', noHandler)).toThrow(
      'Task must be a func type: the handler of task a is undefined. Give a function.',
    )
    expect(() => registry.register('', () => 1)).toThrow(TypeError)
    expect(() => registry.register(null as never, () => 1)).toThrow(/got null/)
  })

  test('checks a handler against its definition when it is compiled', () => {
    const registry = new TaskRegistry()
    const pair = defineTask('pair', { args: [string, rest(int)], result: [int, string] })
    const nothing = defineTask('nothing')
    const user = defineTask('user', { result: json<{ id: number }>() })
    registry.register(pair, async (text, ...numbers) => [numbers.length, text])
    registry.register(nothing, async () => {})
    registry.register(user, () => ({ id: 1 }))
    registry.register(add, (a) => a)
    // @ts-expect-error a result of another type
    registry.register(add, () => 'x')
    // @ts-expect-error a promise of another type
    registry.register(add, async () => 'x')
    // @ts-expect-error a parameter of another type
    registry.register(add, (a: string) => a.length)
    // @ts-expect-error one of two results
    registry.register(pair, () => [1])
    // @ts-expect-error a result that is not declared
    registry.register(nothing, () => 1)
    // @ts-expect-error another shape
    registry.register(user, () => ({ id: 'x' }))
    expect(registry.names()).toEqual(['add', 'nothing', 'pair', 'user'])
  })
})
