import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { newSignature, RawNumber, type SignatureArg } from '../../src/signature/index.js'
import {
  bool,
  decodeArguments,
  defineTask,
  int,
  int8,
  json,
  rest,
  string,
  type TaskContract,
} from '../../src/task/index.js'

const add = defineTask('add', { args: [int, int], result: int })
const sum = defineTask('sum', { args: [string, rest(int)] })

function decode(definition: TaskContract | undefined, ...args: SignatureArg[]): unknown[] | Promise<unknown[]> {
  return decodeArguments({ name: definition?.name ?? 'plain', definition }, newSignature('t', args))
}

describe('arguments of declared tasks', () => {
  test('come as the handler declares them', () => {
    expect(decode(add, ...add.s(1, 2).args)).toEqual([1, 2])
    expect(decode(sum, ...sum.s('a', 1, 2, 3).args)).toEqual(['a', 1, 2, 3])
    expect(decode(sum, ...sum.s('a').args)).toEqual(['a'])
    expect(decode(defineTask('none'))).toEqual([])
  })

  test('are refused when their number is wrong', () => {
    const one: SignatureArg = { type: 'int64', value: 1 }
    expect(() => decode(add, one)).toThrow(
      'reflect: Call with too few input arguments: task add takes 2 arguments, got 1',
    )
    expect(() => decode(add, one, one, one)).toThrow(/^reflect: Call with too many input arguments/)
    expect(() => decode(sum)).toThrow(/^reflect: Call with too few input arguments: task sum takes 1 argument, got 0/)
    expect(() => decode(defineTask('none'), one)).toThrow(/^reflect: Call with too many input arguments/)
  })

  test.each<[SignatureArg, string]>([
    [{ type: 'string', value: 'x' }, 'reflect: Call using string as type int64: got "x" (argument 2 of task add)'],
    [{ type: 'int64', value: 'x' }, 'Reflect task args error: x is not int64 (argument 2 of task add)'],
    [
      { type: 'int64', value: new RawNumber('1.0') },
      'Reflect task args error: strconv.ParseInt: parsing "1.0": invalid syntax (argument 2 of task add)',
    ],
    [
      { type: 'map[string]int', value: {} },
      'Reflect task args error: map[string]int is not one of supported types (argument 2 of task add)',
    ],
  ])('are refused in the words of Machinery: %j', (arg, message) => {
    const run = (): unknown => decode(add, { type: 'int64', value: 1 }, arg)
    expect(run).toThrow(message)
    expect(run).toThrow(expect.objectContaining({ code: 'MACHINERY_INVALID_ARGUMENT' }))
  })

  test('do not wrap narrow integers', () => {
    expect(() => decode(defineTask('t', { args: [int8] }), { type: 'int8', value: 300 })).toThrow(
      /^Reflect task args error: .*300/,
    )
  })

  test('are a promise only where a schema needs one', async () => {
    const asyncSchema = z.string().refine(async (text) => text === 'good')
    const task = defineTask('t', { args: [json(asyncSchema), bool] })
    const args = (text: string): SignatureArg[] => [
      { type: 'string', value: JSON.stringify(text) },
      { type: 'bool', value: true },
    ]
    expect(decode(add, ...add.s(1, 2).args)).not.toBeInstanceOf(Promise)
    await expect(decode(task, ...args('good'))).resolves.toEqual(['good', true])
    await expect(decode(task, ...args('bad'))).rejects.toMatchObject({
      code: 'MACHINERY_INVALID_ARGUMENT',
      message: expect.stringMatching(/^Reflect task args error: .*\(argument 1 of task t\)$/),
    })
  })

  test('leave no rejection behind when a later argument is wrong', async () => {
    const task = defineTask('t', { args: [json(z.string().refine(async () => false)), bool] })
    const run = (): unknown => decode(task, { type: 'string', value: '"x"' }, { type: 'bool', value: 1 })
    expect(run).toThrow('1 is not bool')
    // An unhandled rejection would fail the test run.
    await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('arguments of undeclared tasks', () => {
  test('come by the type they travel with', () => {
    expect(
      decode(
        undefined,
        { type: 'int64', value: 1 },
        { type: 'uint64', value: 2n ** 63n },
        { type: '[]uint8', value: 'AQI=' },
        { type: '[]string', value: null },
      ),
    ).toEqual([1, 2n ** 63n, Uint8Array.of(1, 2), []])
  })

  test('are refused in the words of Machinery', () => {
    expect(() => decode(undefined, { type: 'string', value: null })).toThrow(
      'Reflect task args error: <nil> is not string (argument 1 of task plain)',
    )
  })
})
