import { describe, expect, test } from 'vitest'
import { InvalidSignatureError } from '../../src/errors/index.js'
import * as room from '../../src/signature/index.js'
import {
  copySignature,
  decodeSignature,
  emptySignature,
  encodeSignature,
  encodeSignatureText,
  getPrivateHeader,
  newChordUuid,
  newGroupUuid,
  newSignature,
  newTaskUuid,
  parseTime,
  RawNumber,
  type Signature,
  signatureWith,
  validateForSending,
  WireDate,
  withPrivateHeader,
} from '../../src/signature/index.js'
import { Random } from './random.js'
import { bytes, chainSignature, memberSignature, signature } from './samples.js'

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'

describe('new identifiers', () => {
  test.each([
    ['task_', newTaskUuid],
    ['group_', newGroupUuid],
    ['chord_', newChordUuid],
  ])('are %s and a random UUID', (prefix, make) => {
    expect(make()).toMatch(new RegExp(`^${prefix}${uuid}$`))
    expect(make()).not.toBe(make())
  })
})

describe('building', () => {
  test('a new signature has a new UUID and zero values', () => {
    const args = [{ type: 'int64', value: 1 }]
    const one = newSignature('add', args)
    expect(one).toEqual({ ...emptySignature(), uuid: one.uuid, name: 'add', args })
    expect(one.uuid).toMatch(new RegExp(`^task_${uuid}$`))
    expect(newSignature('add').uuid).not.toBe(one.uuid)
    expect(newSignature('add').args).toEqual([])
  })

  test('changes make a copy', () => {
    const original = signature()
    const changed = signatureWith(original, { priority: 5, eta: null })
    expect(changed).toEqual({ ...original, priority: 5 })
    expect(original.priority).toBe(0)
  })
})

describe('private headers', () => {
  test('are added to a copy', () => {
    const original = signature({ headers: { trace: 'x' } })
    const changed = withPrivateHeader(original, 'reply', 'me')
    expect(changed.headers).toEqual({ trace: 'x', 'machinery-ts-reply': 'me' })
    expect(original.headers).toEqual({ trace: 'x' })
    expect(withPrivateHeader(signature(), 'reply', 'me').headers).toEqual({ 'machinery-ts-reply': 'me' })
  })

  test('are read as text only', () => {
    const value = signature({ headers: { 'machinery-ts-reply': 'me', 'machinery-ts-flag': true, other: 'x' } })
    expect(getPrivateHeader(value, 'reply')).toBe('me')
    expect(getPrivateHeader(value, 'flag')).toBeUndefined()
    expect(getPrivateHeader(value, 'other')).toBeUndefined()
    expect(getPrivateHeader(signature(), 'reply')).toBeUndefined()
  })
})

describe('copySignature', () => {
  const full = signature({
    eta: parseTime('2030-01-02T03:04:05.678901234Z'),
    args: [
      { name: 'n', type: 'map', value: { list: [1n, new RawNumber('1.50'), { x: null }], bytes: new Uint8Array([1]) } },
    ],
    headers: { a: 'b' },
    onSuccess: [chainSignature],
    onError: [signature({ eta: new Date(5) })],
    chordCallback: memberSignature,
    sqsReceiptHandle: 'r',
  })

  test('is equal and shares nothing that can change', () => {
    const copy = copySignature(full)
    expect(copy).toEqual(full)
    expect(encodeSignatureText(copy)).toBe(encodeSignatureText(full))
    const shared = new Set(objects(full))
    expect(objects(copy).filter((object) => shared.has(object))).toEqual([])
  })

  test('keeps an ETA that was moved as it is', () => {
    const eta = parseTime('2030-01-02T03:04:05.678901234Z')
    eta.setTime(120)
    expect(copySignature(signature({ eta })).eta).toEqual(new Date(120))
    expect(copySignature(full).eta).toBeInstanceOf(WireDate)
  })

  test('keeps hostile keys inert', () => {
    const value = JSON.parse('{"__proto__":{"polluted":1}}')
    const copy = copySignature(signature({ args: [{ type: 'x', value }], headers: JSON.parse('{"__proto__":"x"}') }))
    expect(JSON.stringify(copy.args[0]?.value)).toBe('{"__proto__":{"polluted":1}}')
    expect(JSON.stringify(copy.headers)).toBe('{"__proto__":"x"}')
  })

  test('refuses a signature that contains itself', () => {
    const loop = signature()
    loop.onError = [loop]
    expect(() => copySignature(loop)).toThrow(InvalidSignatureError)
    const value: unknown[] = []
    value.push(value)
    expect(() => copySignature(signature({ args: [{ type: 'x', value }] }))).toThrow(/nests deeper than 200 levels/)
  })

  test('leaves what cannot travel to the encoder', () => {
    const value = new Map()
    expect(copySignature(signature({ args: [{ type: 'x', value }] })).args[0]?.value).toBe(value)
  })

  test('encodes like its original, whatever it is', () => {
    const random = new Random(17)
    for (let i = 0; i < 500; i++) {
      const original = random.signature()
      expect(encodeSignatureText(copySignature(original))).toBe(encodeSignatureText(original))
    }
  })
})

/** Every object that can be reached and changed. */
function objects(value: unknown): object[] {
  if (typeof value !== 'object' || value === null || value instanceof RawNumber) return []
  return [value, ...Object.values(value).flatMap(objects)]
}

describe('validateForSending', () => {
  test.each([
    ['the zero values', signature()],
    ['a chain', chainSignature],
    ['a member of a chord', memberSignature],
    [
      'all that is allowed',
      signature({ priority: 255, eta: new Date(0), headers: { a: 'x', b: true, c: null }, retryCount: 3 }),
    ],
    [
      'values of all kinds',
      signature({
        args: [
          { name: 'n', type: 'int64', value: 2n ** 63n - 1n },
          { type: 'float64', value: new RawNumber('1.50') },
          { type: '[]uint8', value: new Uint8Array([1]) },
          { type: '[]byte', value: 'AQL/' },
          { type: '[]int64', value: null },
          { type: '[]string', value: ['a'] },
          { type: 'bool', value: false },
        ],
      }),
    ],
  ])('accepts %s', (_, value) => {
    expect(() => validateForSending(value)).not.toThrow()
    expect(() => validateForSending(decodeSignature(encodeSignature(value)))).not.toThrow()
  })

  const refused: [string, Partial<Record<keyof Signature, unknown>>, string][] = [
    ['an empty name', { name: '' }, 'name must be the name of a task, got '],
    ['a name that is no text', { name: 5 }, 'name must be a string, got 5'],
    ['a UUID that is missing', { uuid: undefined }, 'uuid must be a string, got <nil>'],
    ['an unknown type', { args: [{ type: 'byte', value: 1 }] }, 'args[0] (byte): byte is not one of supported types'],
    [
      'a value that does not fit',
      { args: [{ type: 'int8', value: 300 }] },
      'args[0] (int8): strconv.ParseInt: parsing "300"',
    ],
    ['a fraction as integer', { args: [{ type: 'int64', value: 1.5 }] }, 'parsing "1.5": invalid syntax'],
    ['an unsafe integer', { args: [{ type: 'int64', value: 2 ** 60 }] }, 'Pass a bigint'],
    ['NaN', { args: [{ type: 'float64', value: Number.NaN }] }, 'args[0] (float64)'],
    ['a list that is true', { args: [{ type: '[]int64', value: true }] }, 'args[0] ([]int64): true is not []int64'],
    ['a list that is an object', { args: [{ type: '[]string', value: { a: 1 } }] }, 'map[a:1] is not []string'],
    [
      'an argument that is null',
      { args: [{ type: 'bool', value: true }, null] },
      'args[1] must be an object of type and value',
    ],
    ['an argument without type', { args: [{ value: 1 }] }, 'args[0] must be an object of type and value'],
    [
      'an argument name that is no text',
      { args: [{ name: 1, type: 'bool', value: true }] },
      'args[0].name must be a string',
    ],
    ['arguments that are no list', { args: null }, 'args must be a list, got <nil>'],
    ['headers that are no object', { headers: 'x' }, 'headers must be null or an object, got x'],
    ['a header that is a number', { headers: { n: 1 } }, 'headers["n"] must be a string, a boolean or null, got 1'],
    ['a priority of 256', { priority: 256 }, 'priority must be an integer from 0 to 255, got 256'],
    ['a negative priority', { priority: -1 }, 'priority must be'],
    ['a negative retry count', { retryCount: -1 }, 'retryCount must be a non-negative integer, got -1'],
    ['a broken retry timeout', { retryTimeout: 1.5 }, 'retryTimeout must be an integer, got 1.5'],
    ['a group of NaN', { groupTaskCount: Number.NaN }, 'groupTaskCount must be a non-negative integer, got NaN'],
    [
      'an invalid ETA',
      { eta: new Date(Number.NaN) },
      'eta must be null or a valid Date in the years 1 to 9999, got Invalid Date',
    ],
    ['an ETA in the year 10000', { eta: new Date(253402300800000) }, 'eta must be null or a valid Date'],
    ['an ETA that is text', { eta: '2030-01-01T00:00:00Z' }, 'eta must be null or a valid Date'],
    ['an ETA that is missing', { eta: undefined }, 'eta must be null or a valid Date'],
    ['a flag that is a number', { immutable: 1 }, 'immutable must be a boolean, got 1'],
    ['callbacks that are no list', { onSuccess: null }, 'onSuccess must be a list'],
    ['a null callback', { onSuccess: [null] }, 'onSuccess[0] must be a signature, got <nil>'],
    ['a null error callback', { onError: [signature(), null] }, 'onError[1] must be a signature'],
    ['a chord callback that is text', { chordCallback: 'x' }, 'chordCallback must be a signature, got x'],
    ['a bad callback', { onSuccess: [signature({ name: '' })] }, 'name must be the name of a task'],
  ]

  test.each(refused)('refuses %s', (_, fields, message) => {
    const value = { ...signature({ name: 'resize' }), ...fields } as Signature
    expect(() => validateForSending(value)).toThrow(InvalidSignatureError)
    expect(() => validateForSending(value)).toThrow(message)
    expect(() => validateForSending(signature({ onError: [value] }))).toThrow(message)
    expect(() => validateForSending(signature({ chordCallback: value }))).toThrow(/^Cannot send task "/)
  })

  test('refuses a value that throws when it is read, as the encoder does', () => {
    const value: unknown[] = []
    Object.defineProperty(value, 0, {
      get: () => {
        throw 'no'
      },
    })
    const hostile = signature({ name: 'x', args: [{ type: '[]string', value }] })
    expect(() => validateForSending(hostile)).toThrow('Cannot send task "x": args[0] ([]string): no')
    expect(() => encodeSignature(hostile)).toThrow('Cannot encode task "x": args[0] ([]string): no')
  })

  test('refuses callbacks that contain themselves', () => {
    const loop = signature()
    loop.chordCallback = loop
    expect(() => validateForSending(loop)).toThrow(/Cannot send a signature whose callbacks nest deeper than 1000/)
  })

  test('accepts what the encoder can write, and the decoder reads the same', () => {
    const value = newSignature('x', [{ type: 'string', value: '<é>' }])
    validateForSending(value)
    expect(decodeSignature(bytes(encodeSignatureText(value)))).toEqual(value)
  })
})

test('the room exports these names', () => {
  expect(Object.keys(room).sort()).toEqual([
    'RawNumber',
    'WireDate',
    'copySignature',
    'decodeGroupMeta',
    'decodeSignature',
    'decodeTaskState',
    'decodeValue',
    'emptySignature',
    'encodeGroupMeta',
    'encodeSignature',
    'encodeSignatureText',
    'encodeTaskState',
    'encodeUtf8',
    'encodeValue',
    'escapeGoString',
    'formatTime',
    'getPrivateHeader',
    'inferGoType',
    'isGoType',
    'isWireTime',
    'maxBodyBytes',
    'memberFailureHeader',
    'newChordUuid',
    'newGroupUuid',
    'newSignature',
    'newTaskUuid',
    'nowText',
    'parseJson',
    'parseTime',
    'peekRoutingKey',
    'privatePrefix',
    'signatureWith',
    'stringifyJson',
    'toUnixNanos',
    'validateForSending',
    'withPrivateHeader',
    'zeroTime',
  ])
})
