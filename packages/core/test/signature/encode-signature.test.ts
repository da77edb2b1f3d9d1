import { describe, expect, test } from 'vitest'
import { InvalidSignatureError } from '../../src/errors/index.js'
import {
  decodeSignature,
  encodeSignature,
  encodeSignatureText,
  RawNumber,
  type Signature,
  type SignatureArg,
} from '../../src/signature/index.js'
import { Random } from './random.js'
import {
  addSignature,
  addText,
  bytes,
  chainSignature,
  chainText,
  memberSignature,
  memberText,
  signature,
} from './samples.js'

test.each([
  ['a task', addSignature, addText],
  ['a chain', chainSignature, chainText],
  ['a member of a chord', memberSignature, memberText],
])('%s is written as Go writes it, byte for byte', (_, value, text) => {
  expect(encodeSignatureText(value)).toBe(text)
  expect([...encodeSignature(value)]).toEqual([...bytes(text)])
})

describe('zero forms', () => {
  test('of empty lists and headers are null, and of empty headers an object', () => {
    const text = encodeSignatureText(signature({ name: 'x' }))
    expect(text).toContain('"ETA":null,')
    expect(text).toContain('"Args":null,"Headers":null,')
    expect(text).toContain('"OnSuccess":null,"OnError":null,"ChordCallback":null,')
    expect(encodeSignatureText(signature({ headers: {} }))).toContain('"Headers":{},')
  })

  test('are the same whether or not another field is set', () => {
    const plain = encodeSignatureText(signature())
    expect(encodeSignatureText(signature({ priority: 9 }))).toBe(plain.replace('"Priority":0', '"Priority":9'))
    expect(encodeSignatureText(signature({ stopTaskDeletionOnError: true }))).toBe(
      plain.replace('"StopTaskDeletionOnError":false', '"StopTaskDeletionOnError":true'),
    )
  })

  test('the receipt handle of SQS never travels', () => {
    expect(encodeSignatureText(signature({ sqsReceiptHandle: 'secret', priority: 1 }))).toContain(
      '"SQSReceiptHandle":""',
    )
    expect(encodeSignatureText(signature({ sqsReceiptHandle: 'secret' }))).toBe(encodeSignatureText(signature()))
  })
})

test('headers are sorted by their bytes', () => {
  const headers = { b: '1', a: true, é: null, Z: '<4>' }
  expect(encodeSignatureText(signature({ headers }))).toContain(
    '"Headers":{"Z":"\\u003c4\\u003e","a":true,"b":"1","é":null}',
  )
})

test('an argument is written in the order Name, Type, Value', () => {
  const args: SignatureArg[] = [
    { value: 'v', type: 'string', name: 'n"' },
    { type: '[]uint8', value: new Uint8Array([1, 2, 255]) },
    { type: 'uint64', value: 2n ** 64n - 1n },
    { type: 'int64', value: -0 },
    { type: 'float64', value: -0 },
    { type: '[]int64', value: [1, 2n ** 62n] },
    { type: '[]float64', value: [1e21, new RawNumber('1.50')] },
    { type: '[]string', value: null },
    { type: 'map[string]int', value: { b: 1, a: [true] } },
  ]
  expect(encodeSignatureText(signature({ args }))).toContain(
    '"Args":[{"Name":"n\\"","Type":"string","Value":"v"},{"Name":"","Type":"[]uint8","Value":"AQL/"}' +
      ',{"Name":"","Type":"uint64","Value":18446744073709551615},{"Name":"","Type":"int64","Value":0}' +
      ',{"Name":"","Type":"float64","Value":-0},{"Name":"","Type":"[]int64","Value":[1,4611686018427387904]}' +
      ',{"Name":"","Type":"[]float64","Value":[1e+21,1.50]},{"Name":"","Type":"[]string","Value":null}' +
      ',{"Name":"","Type":"map[string]int","Value":{"a":[true],"b":1}}]',
  )
})

test.each([
  [new Date('2024-01-02T03:04:05.120Z'), '2024-01-02T03:04:05.12Z'],
  [new Date('2024-01-02T03:04:05.000Z'), '2024-01-02T03:04:05Z'],
])('the ETA %s is written as Go writes it', (eta, text) => {
  expect(encodeSignatureText(signature({ eta }))).toContain(`"ETA":"${text}"`)
})

describe('refuses, naming task, field and value,', () => {
  const refused: [string, Partial<Record<keyof Signature, unknown>>, string][] = [
    ['a null callback', { onSuccess: [null] }, 'onSuccess[] must be a signature, got <nil>'],
    ['a missing error callback', { onError: [undefined] }, 'onError[] must be a signature, got <nil>'],
    ['a list that is a boolean', { args: [{ type: '[]int64', value: true }] }, 'args[0] ([]int64): true is not a list'],
    ['a list that is an object', { args: [{ type: '[]string', value: { a: 1 } }] }, 'map[a:1] is not a list'],
    ['a list that is an empty object', { args: [{ type: '[]bool', value: {} }] }, 'map[] is not a list'],
    ['an integer with a point', { args: [{ type: 'int64', value: new RawNumber('1.0') }] }, '1.0 is not an integer'],
    [
      'an integer with an exponent',
      { args: [{ type: 'uint8', value: new RawNumber('1e3') }] },
      '1e3 is not an integer',
    ],
    ['a fraction as integer', { args: [{ type: 'int', value: 1.5 }] }, '1.5 is not an integer'],
    ['a fraction in a list of integers', { args: [{ type: '[]int', value: [1, 1.5] }] }, '1.5 is not an integer'],
    ['an unsafe integer', { args: [{ type: 'int64', value: 2 ** 53 }] }, 'pass a bigint'],
    ['NaN', { args: [{ type: 'float64', value: Number.NaN }] }, 'args[0] (float64): JSON cannot hold NaN'],
    ['a priority of 256', { priority: 256 }, 'priority must be an integer from 0 to 255, got 256'],
    ['a negative priority', { priority: -1 }, 'got -1'],
    ['a broken priority', { priority: 1.5 }, 'got 1.5'],
    ['a broken count', { retryCount: 0.5 }, 'retryCount must be an integer, got 0.5'],
    ['a count that is text', { groupTaskCount: '2' }, 'groupTaskCount must be an integer, got 2'],
    ['an endless count', { retryTimeout: Number.POSITIVE_INFINITY }, 'retryTimeout must be an integer, got Infinity'],
    ['a number among the headers', { headers: { n: 5 } }, 'headers["n"] must be a string, a boolean or null, got 5'],
    ['an object among the headers', { headers: { o: {} } }, 'headers["o"]'],
    [
      'an invalid ETA',
      { eta: new Date(Number.NaN) },
      'eta must be null or a Date in the years 1 to 9999, got Invalid Date',
    ],
    ['an ETA after the year 9999', { eta: new Date(8e15) }, 'got +'],
    ['an ETA that is text', { eta: '2024-01-01T00:00:00Z' }, 'eta must be null or a Date'],
    ['a name that is missing', { name: undefined }, 'name must be a string, got <nil>'],
    ['a UUID that is a number', { uuid: 5 }, 'uuid must be a string, got 5'],
    ['a flag that is text', { immutable: 'yes' }, 'immutable must be a boolean, got yes'],
  ]

  test.each(refused)('%s', (_, fields, message) => {
    const value = signature({ name: 'resize', ...(fields as Partial<Signature>) })
    expect(() => encodeSignature(value)).toThrow(InvalidSignatureError)
    expect(() => encodeSignature(value)).toThrow(message)
    if (!('name' in fields)) expect(() => encodeSignature(value)).toThrow('Cannot encode task "resize": ')
    expect(() => encodeSignature(signature({ chordCallback: value }))).toThrow(message)
  })

  test('callbacks that contain themselves', () => {
    const value = signature()
    value.onSuccess = [value, value]
    expect(() => encodeSignature(value)).toThrow(/callbacks nest deeper than 1000 levels, or contain themselves/)
  })
})

test('a chain of 1001 tasks survives, one of 1002 is refused', () => {
  let chain = signature()
  for (let i = 0; i < 1000; i++) chain = signature({ onSuccess: [chain] })
  expect(decodeSignature(encodeSignature(chain))).toEqual(chain)
  expect(() => encodeSignature(signature({ onSuccess: [chain] }))).toThrow(InvalidSignatureError)
})

test('what a worker in Go answers with a failed task is forwarded as it came', () => {
  const text = addText
    .replace('"int64","Value":1}', '"string","Value":null}')
    .replace('"int64","Value":1}', '"byte","Value":{"a":true}}')
  expect(encodeSignatureText(decodeSignature(bytes(text)))).toBe(text)
  const odd = addText
    .replace('"int64","Value":1}', '"[]int64","Value":"5"}')
    .replace('"int64","Value":1}', '"int64","Value":null}')
  expect(encodeSignatureText(decodeSignature(bytes(odd)))).toBe(odd)
  const numbers = addText
    .replace('"int64","Value":1}', '"[]int64","Value":1.50}')
    .replace('"int64","Value":1}', '"[]int64","Value":[null]}')
  expect(encodeSignatureText(decodeSignature(bytes(numbers)))).toBe(numbers)
})

test('any signature is the same text after reading and writing', () => {
  const random = new Random(5)
  for (let i = 0; i < 3000; i++) {
    const text = encodeSignatureText(random.signature())
    expect(encodeSignatureText(decodeSignature(bytes(text)))).toBe(text)
  }
})

test('what signatures in a row have in common does not rub off on the next', () => {
  const random = new Random(6)
  const other = signature({ name: 'other', routingKey: 'elsewhere', groupUuid: 'other', headers: { other: true } })
  for (let i = 0; i < 500; i++) {
    const first = random.signature()
    const second = random.signature()
    for (const field of ['name', 'routingKey', 'groupUuid', 'groupTaskCount', 'eta', 'headers'] as const) {
      const next: Signature = { ...first, [field]: second[field] }
      encodeSignature(first)
      const text = encodeSignatureText(next)
      encodeSignature(other)
      expect(text).toBe(encodeSignatureText(next))
    }
  }
})

test('headers of other values, other keys or none are written as they are', () => {
  const write = (headers: Signature['headers']): string =>
    encodeSignatureText(signature({ headers })).match(/"Headers":(null|\{[^}]*\})/)?.[1] ?? ''
  const changing = { a: 'x', b: true }
  for (const [headers, text] of [
    [changing, '{"a":"x","b":true}'],
    [{ b: true, a: 'x' }, '{"a":"x","b":true}'],
    [{ a: 'x', b: 'true' }, '{"a":"x","b":"true"}'],
    [{ a: 'x' }, '{"a":"x"}'],
    [{}, '{}'],
    [null, 'null'],
    [{ a: 'x' }, '{"a":"x"}'],
    [{ c: 'x' }, '{"c":"x"}'],
  ] as const)
    expect(write(headers)).toBe(text)
  write(changing)
  changing.a = 'y'
  expect(write(changing)).toBe('{"a":"y","b":true}')
  expect(() => write({ a: 'y', b: 5 as never })).toThrow(InvalidSignatureError)
})
