import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../src/errors/index.js'
import { encodeValue, escapeGoString, parseJson, RawNumber, stringifyJson } from '../../src/signature/index.js'
import { goldenJson } from './golden.js'
import { Random } from './random.js'

interface EncoderGolden {
  readonly float64: readonly { value: number; json: string }[]
  readonly float32: readonly { value: number; json: string }[]
  readonly string: readonly { value: string; json: string }[]
  readonly map: string
  readonly bytes: string
}
const go = goldenJson<EncoderGolden>('go-encoder.json')

describe('numbers', () => {
  test.each([
    ['0', 0],
    ['-5', -5],
    ['1.5', 1.5],
    ['-0.5', -0.5],
    ['0.001', 0.001],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551615', 18446744073709551615n],
    ['100000000000000000000', 1e20],
    ['1e+21', 1e21],
    ['1e-7', 1e-7],
    ['0.30000000000000004', 0.30000000000000004],
  ])('reads %s as the same number', (text, value) => {
    expect(parseJson(text)).toBe(value)
    expect(parseJson(`[${text}]`)).toEqual([value])
    expect(stringifyJson(parseJson(`{"a":${text}}`))).toBe(`{"a":${text}}`)
  })

  test.each([
    '1.50',
    '1.0',
    '1e3',
    '1E400',
    '-0.0',
    '0.0',
    '0.0000001',
    '123456789012345678901234567890',
    '1.10',
    '0.010',
  ])('keeps %s as it is written', (text) => {
    expect(parseJson(text)).toEqual(new RawNumber(text))
    expect(parseJson(`[ ${text} ]`)).toEqual([new RawNumber(text)])
    expect(stringifyJson(parseJson(`[${text}]`))).toBe(`[${text}]`)
  })

  test('keeps negative zero', () => {
    expect(Object.is(parseJson('-0'), -0)).toBe(true)
    expect(stringifyJson([parseJson('[-0]'), -0, 0])).toBe('[[-0],-0,0]')
  })

  test('leaves digits within strings alone', () => {
    const text = '{"a":"x: 1.50, 1e3, 12345678901234567890","b":"[-0.0","c":"\\",1e5"}'
    expect(parseJson(text)).toEqual(JSON.parse(text))
  })

  test.each(go.float64)('writes $json as Go does', ({ value, json }) => {
    expect(stringifyJson(value)).toBe(json)
  })

  test.each(go.float32)('writes $json as Go writes a float32', ({ value, json }) => {
    expect(stringifyJson(encodeValue('float32', value))).toBe(json)
  })

  test('reads back every double it writes, and writes back every literal it reads', () => {
    const random = new Random(7)
    const view = new DataView(new ArrayBuffer(8))
    for (let i = 0; i < 5000; i++) {
      view.setUint32(0, random.int(2 ** 32))
      view.setUint32(4, random.int(2 ** 32))
      const value = view.getFloat64(0)
      if (!Number.isFinite(value)) continue
      const text = stringifyJson([value])
      expect(Number((parseJson(text) as [number])[0])).toBe(value)
      expect(stringifyJson(parseJson(text))).toBe(text)
    }
  })

  test.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('refuses %s in the words of Go', (value, inGo) => {
    expect(() => stringifyJson([value])).toThrow(`json: unsupported value: ${inGo}`)
    expect(() => stringifyJson(value)).toThrow(InvalidArgumentError)
  })
})

describe('RawNumber', () => {
  test('is a number to JavaScript', () => {
    const raw = new RawNumber('1.50')
    expect(+raw).toBe(1.5)
    expect(`${raw}`).toBe('1.50')
    expect(JSON.stringify({ raw })).toBe('{"raw":1.5}')
  })

  test.each(['', 'x', '01', '1.', '.5', '+1', '1,"a":2', 'NaN', '1e', ' 1'])(
    'refuses %j, which is no JSON number',
    (text) => {
      expect(() => new RawNumber(text)).toThrow(SyntaxError)
    },
  )
})

describe('strings', () => {
  test.each(go.string)('writes $json as Go does', ({ value, json }) => {
    expect(escapeGoString(value)).toBe(json)
    expect(parseJson(json)).toBe(value)
  })

  test('writes half a surrogate pair as the replacement character', () => {
    expect(escapeGoString('\ud800')).toBe('"\\ufffd"')
    expect(escapeGoString('a\udc00<\ud83d\ude00\ud83d\\ud800')).toBe('"a\\ufffd\\u003c😀\\ufffd\\\\ud800"')
  })

  test('reads half a surrogate pair as the replacement character, and whole ones as they are', () => {
    expect(parseJson('["\\ud800","x\\uDC00","\\ud83d\\ude00","\\ud7ff"]')).toEqual([
      '\ufffd',
      'x\ufffd',
      '😀',
      '\ud7ff',
    ])
  })
})

describe('objects', () => {
  test('are written with their keys in the order of UTF-8 bytes', () => {
    const map = { b: 1, a: 2, é: 3, Z: 4, '😀': 5, '\uffff': 6, '\ue000': 7, '': 8, aa: 9 }
    expect(stringifyJson(map)).toBe(go.map)
  })

  test('keep hostile keys as ordinary ones', () => {
    const text = '{"__proto__":{"polluted":1.50},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1}'
    const value = parseJson(text) as object
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
    expect(Object.hasOwn(value, '__proto__')).toBe(true)
    expect(stringifyJson(value)).toBe(
      '{"__proto__":{"polluted":1.50},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1}',
    )
  })

  test('keep escaped keys, which JSON.parse of V8 takes for others once it has seen those', () => {
    for (const [seen, key] of [
      ['\\\\', '\\n'],
      ['a\\\\', 'a\\u0026'],
      ['\\\\', '\\"'],
      ['k\\\\', 'k\\u0000'],
    ] as const) {
      for (let i = 0; i < 50; i++) {
        parseJson(`{"x":{"q":${i},"${seen}":1}}`)
        const value = parseJson(`{"x":{"q":1,"${key}":${i}}}`) as { x: object }
        expect(Object.keys(value.x)[1]).toBe(JSON.parse(`"${key}"`))
      }
    }
  })

  test('may be nested, spaced and repeated', () => {
    expect(parseJson('{ "a" : { } , "b" : [ 1.50 , { "\\u0061" : [ ] } ] , "a" : "x" }')).toEqual({
      a: 'x',
      b: [new RawNumber('1.50'), { a: [] }],
    })
  })

  test('leave out what is undefined, and may lack a prototype', () => {
    const bare: Record<string, unknown> = Object.create(null)
    bare.a = 1
    expect(stringifyJson({ bare, nothing: undefined })).toBe('{"bare":{"a":1}}')
  })
})

describe('other values', () => {
  test('writes bytes as base64', () => {
    expect(stringifyJson(new Uint8Array([1, 2, 255]))).toBe(go.bytes)
    expect(stringifyJson(new Uint8Array([9, 1, 2, 255, 9]).subarray(1, 4))).toBe(go.bytes)
  })

  test('writes big integers and booleans', () => {
    expect(stringifyJson([2n ** 63n, true, false, null])).toBe('[9223372036854775808,true,false,null]')
  })

  test.each([
    ['undefined', undefined],
    ['a hole', [1, undefined]],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a Date', new Date()],
    ['a Map', new Map()],
    ['a class instance', new (class Money {})()],
  ])('refuses %s', (_, value) => {
    expect(() => stringifyJson(value)).toThrow(InvalidArgumentError)
    expect(() => stringifyJson({ value: [value] })).toThrow(/^JSON cannot hold/)
  })

  test('refuses an instance of a nameless class without constructor', () => {
    const value = Object.create(Object.create(Object.create(null)))
    expect(() => stringifyJson(value)).toThrow('JSON cannot hold a class instance')
  })

  test('refuses a value that contains itself', () => {
    const list: unknown[] = []
    list.push({ list })
    expect(() => stringifyJson(list)).toThrow(/deeper than 200 levels, or contains itself/)
  })

  test('writes 200 levels and refuses 201', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 1
      for (let i = 0; i < levels; i++) value = i % 2 ? { value } : [value]
      return value
    }
    expect(stringifyJson(nested(200))).toHaveLength(200 * 2 + 1 + 100 * '"value":'.length)
    expect(() => stringifyJson(nested(201))).toThrow(InvalidArgumentError)
    expect(() => stringifyJson(nested(10_000))).toThrow(InvalidArgumentError)
  })
})

describe('text that is not JSON', () => {
  test.each([
    ['', 'EOF'],
    [' \n\t\r', 'EOF'],
    ['{', 'unexpected EOF'],
    ['[1,', 'unexpected EOF'],
    ['{"a":"b', 'unexpected EOF'],
    ['{"a":"b\\', 'unexpected EOF'],
    ['nul', 'unexpected EOF'],
    ['"ab', 'unexpected EOF'],
    ['"ab\\', 'unexpected EOF'],
    ['[x]', "invalid character 'x' looking for beginning of value"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['[1}', "invalid character '}' after array element"],
    ['[1] x', "invalid character 'x' after top-level value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['{"a":"x\ny"}', "invalid character '\\n' in string literal"],
    ['["\\x"]', 'invalid character in string escape code'],
    ['[tru]', "invalid character ']' in literal true (expecting 'e')"],
    ['[fAlse]', "invalid character 'A' in literal false (expecting 'a')"],
    ['[1-2]', "invalid character '-' after array element"],
    ['[1.5.5]', "invalid character '.' after array element"],
    ['[-]', "invalid character '-' looking for beginning of value"],
    ['\u0000', "invalid character '\\u0000' looking for beginning of value"],
  ])('%j is refused', (text, message) => {
    expect(() => parseJson(text)).toThrow(SyntaxError)
    expect(() => parseJson(text)).toThrow(message)
  })

  test('nesting is counted before anything is built', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(() => parseJson(deep)).toThrow(/exceeded max depth 2210/)
    expect(() => parseJson('[[[1]]]', 2)).toThrow(/exceeded max depth 2/)
    expect(parseJson('[[1],[2],{"a":"[[[["}]', 2)).toEqual([[1], [2], { a: '[[[[' }])
    expect(parseJson(`${'['.repeat(2000)}1.50${']'.repeat(2000)}`)).toHaveLength(1)
  })
})

test('any value survives writing and reading', () => {
  const random = new Random(42)
  for (let i = 0; i < 3000; i++) {
    const text = stringifyJson(random.value())
    expect(stringifyJson(parseJson(text))).toBe(text)
  }
})
