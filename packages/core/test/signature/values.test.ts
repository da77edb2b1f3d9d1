import { describe, expect, expectTypeOf, test } from 'vitest'
import { InvalidArgumentError } from '../../src/errors/index.js'
import {
  decodeValue,
  encodeValue,
  type GoType,
  inferGoType,
  isGoType,
  parseJson,
  RawNumber,
  stringifyJson,
} from '../../src/signature/index.js'

const integers: [type: string, min: bigint, max: bigint][] = [
  ['int', -(2n ** 63n), 2n ** 63n - 1n],
  ['int8', -128n, 127n],
  ['int16', -32768n, 32767n],
  ['int32', -2147483648n, 2147483647n],
  ['int64', -(2n ** 63n), 2n ** 63n - 1n],
  ['uint', 0n, 2n ** 64n - 1n],
  ['uint8', 0n, 255n],
  ['uint16', 0n, 65535n],
  ['uint32', 0n, 4294967295n],
  ['uint64', 0n, 2n ** 64n - 1n],
]

/** The integer as handlers get it. */
function natural(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function throughTheWire(type: string, value: unknown): unknown {
  return decodeValue(type, parseJson(stringifyJson(encodeValue(type, value))))
}

describe('types', () => {
  test('are those of Machinery and no others', () => {
    for (const base of ['bool', 'string', 'float32', 'float64', ...integers.map(([type]) => type)]) {
      expect(isGoType(base)).toBe(true)
      expect(isGoType(`[]${base}`)).toBe(true)
      expect(isGoType(`[][]${base}`)).toBe(false)
    }
    expect(isGoType('[]byte')).toBe(true)
    for (const type of [
      'byte',
      'rune',
      'uintptr',
      'interface {}',
      'map[string]int',
      '',
      'Int',
      'time.Time',
      '__proto__',
    ]) {
      expect(isGoType(type)).toBe(false)
    }
  })

  test('are a type of TypeScript', () => {
    expectTypeOf<'[]byte' | '[]int8' | 'uint' | 'string'>().toExtend<GoType>()
    expectTypeOf<'byte'>().not.toExtend<GoType>()
    expectTypeOf(inferGoType).returns.toEqualTypeOf<GoType>()
  })

  test.each(['byte', 'map[string]int', '', '[][]int', '__proto__'])('%j is refused', (type) => {
    expect(() => decodeValue(type, 1)).toThrow(new InvalidArgumentError(`${type} is not one of supported types`))
    expect(() => encodeValue(type, 1)).toThrow(`${type} is not one of supported types`)
  })
})

describe.each(integers)('%s', (type, min, max) => {
  test('keeps its least, its greatest and zero', () => {
    for (const value of [min, max, 0n]) {
      expect(throughTheWire(type, value)).toBe(natural(value))
      expect(throughTheWire(`[]${type}`, [value])).toEqual(
        type === 'uint8' ? new Uint8Array([Number(value)]) : [natural(value)],
      )
    }
    expect(throughTheWire(type, -0)).toBe(0)
    expect(decodeValue(type, 1n)).toBe(1)
  })

  test('refuses what is beyond', () => {
    for (const value of [min - 1n, max + 1n]) {
      const isSyntax = type.startsWith('u') && value < 0n
      const parser = type.startsWith('u') ? 'ParseUint' : 'ParseInt'
      const message = `strconv.${parser}: parsing "${value}": ${isSyntax ? 'invalid syntax' : 'value out of range'}`
      expect(() => decodeValue(type, parseJson(String(value)))).toThrow(new InvalidArgumentError(message))
      expect(() => encodeValue(type, value)).toThrow(`${value} is not ${type}: pass an integer from ${min} to ${max}.`)
    }
  })

  test('refuses numbers that are no integers', () => {
    const parser = type.startsWith('u') ? 'ParseUint' : 'ParseInt'
    for (const text of ['1.0', '1e3', '1.5', '1.50']) {
      expect(() => decodeValue(type, parseJson(text))).toThrow(`strconv.${parser}: parsing "${text}": invalid syntax`)
    }
    expect(() => encodeValue(type, 1.5)).toThrow(`1.5 is not ${type}: pass an integer.`)
    expect(() => encodeValue(type, Number.NaN)).toThrow(InvalidArgumentError)
    expect(() => encodeValue(type, new RawNumber('1.0'))).toThrow(InvalidArgumentError)
  })

  test('refuses what is no number', () => {
    for (const [value, text] of [
      ['5', '5'],
      [true, 'true'],
      [null, '<nil>'],
      [[1], '[1]'],
      [{ a: 1 }, 'map[a:1]'],
    ] as const) {
      expect(() => decodeValue(type, value)).toThrow(new InvalidArgumentError(`${text} is not ${type}`))
      expect(() => encodeValue(type, value)).toThrow(`${text} is not ${type}`)
    }
  })

  test('asks for a bigint where a number may have lost digits', () => {
    expect(() => encodeValue(type, 2 ** 53)).toThrow(/pass a bigint/)
    expect(() => decodeValue(type, 2 ** 53)).toThrow(/Pass a bigint/)
    expect(() => decodeValue(type, new RawNumber('123456789012345678901234567890'))).toThrow('value out of range')
  })
})

test('negative zero is an integer to Go, but not an unsigned one', () => {
  expect(decodeValue('int8', parseJson('-0'))).toBe(0)
  expect(() => decodeValue('uint8', parseJson('-0'))).toThrow('strconv.ParseUint: parsing "-0": invalid syntax')
})

describe('floats', () => {
  test.each(['float32', 'float64'])('%s takes any number', (type) => {
    for (const value of [0, -0, 1, 0.1, -1.5, 1e21]) expect(throughTheWire(type, value)).toBe(value)
    expect(decodeValue(type, parseJson('1.50'))).toBe(1.5)
    expect(decodeValue(type, 2n ** 60n)).toBe(2 ** 60)
    expect(stringifyJson(encodeValue('float64', new RawNumber('1.50')))).toBe('1.50')
  })

  test('refuses what is out of range', () => {
    expect(() => decodeValue('float64', parseJson('1e400'))).toThrow(
      'strconv.ParseFloat: parsing "1e400": value out of range',
    )
    expect(() => decodeValue('float32', 1e39)).toThrow('strconv.ParseFloat: parsing "1e+39": value out of range')
    expect(() => encodeValue('float32', 1e39)).toThrow('1e+39 is not float32')
    expect(() => encodeValue('float64', Number.NaN)).toThrow('NaN is not float64: pass a finite number.')
    expect(() => encodeValue('float64', new RawNumber('1e400'))).toThrow('1e400 is not float64')
    expect(() => encodeValue('[]float64', [Number.POSITIVE_INFINITY])).toThrow('Infinity is not float64')
  })

  test('refuses what is no number', () => {
    for (const value of ['1', null, true, [], {}]) {
      expect(() => decodeValue('float64', value)).toThrow(/is not float64$/)
      expect(() => encodeValue('float64', value)).toThrow(/is not float64/)
    }
    expect(() => encodeValue('float64', 5n)).toThrow('5 is not float64')
  })

  test('every float32 comes back as the float32 it was', () => {
    const view = new DataView(new ArrayBuffer(4))
    for (let bits = 1; bits < 2 ** 31; bits += 1_500_007) {
      view.setUint32(0, bits)
      const float = view.getFloat32(0)
      if (Number.isFinite(float)) expect(Math.fround(throughTheWire('float32', float) as number)).toBe(float)
    }
  })
})

describe('bool and string', () => {
  test('keep their values', () => {
    for (const value of [true, false]) expect(throughTheWire('bool', value)).toBe(value)
    for (const value of ['', 'x', '<é😀\n>']) expect(throughTheWire('string', value)).toBe(value)
    expect(throughTheWire('[]bool', [true, false])).toEqual([true, false])
    expect(throughTheWire('[]string', ['', 'x'])).toEqual(['', 'x'])
  })

  test('refuse others', () => {
    expect(() => decodeValue('string', null)).toThrow(new InvalidArgumentError('<nil> is not string'))
    expect(() => decodeValue('string', 5)).toThrow('5 is not string')
    expect(() => decodeValue('bool', 1)).toThrow('1 is not bool')
    expect(() => decodeValue('bool', 'true')).toThrow('true is not bool')
    expect(() => decodeValue('bool', null)).toThrow('<nil> is not bool')
    expect(() => encodeValue('bool', 1)).toThrow('1 is not bool: pass true or false.')
    expect(() => encodeValue('string', undefined)).toThrow('<nil> is not string: pass a string.')
  })
})

describe('lists', () => {
  test.each(['[]int64', '[]float64', '[]string', '[]bool', '[]uint16'])('%s may be empty', (type) => {
    for (const value of [null, [], {}]) expect(decodeValue(type, value)).toEqual([])
    expect(encodeValue(type, [])).toEqual([])
    expect(encodeValue(type, null)).toBeNull()
  })

  test('refuse elements of another type, null and holes', () => {
    expect(() => decodeValue('[]int64', [1, null])).toThrow('<nil> is not int64')
    expect(() => decodeValue('[]string', ['a', 5])).toThrow('5 is not string')
    expect(() => encodeValue('[]int64', [1, 'x'])).toThrow('x is not int64')
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
    expect(() => encodeValue('[]string', ['a', , 'b'])).toThrow('<nil> is not string')
  })

  test.each([true, false, { a: 1 }, 5, 'x', new RawNumber('1.50')])(
    'refuse %j, which would crash or puzzle Go',
    (value) => {
      for (const type of ['[]int64', '[]string', '[]bool', '[]float64']) {
        expect(() => decodeValue(type, value)).toThrow(InvalidArgumentError)
        expect(() => encodeValue(type, value)).toThrow(InvalidArgumentError)
      }
      expect(() => decodeValue('[]int64', true)).toThrow('true is not []int64')
    },
  )
})

describe('bytes', () => {
  test.each(['[]byte', '[]uint8'])('%s is base64 on the wire', (type) => {
    expect(encodeValue(type, new Uint8Array([1, 2, 255]))).toBe('AQL/')
    expect(encodeValue(type, [1, 2, 255])).toBe('AQL/')
    expect(encodeValue(type, [])).toBe('')
    expect(decodeValue(type, 'AQL/')).toEqual(new Uint8Array([1, 2, 255]))
    expect(decodeValue(type, [1, 2, 255])).toEqual(new Uint8Array([1, 2, 255]))
    for (const empty of [null, '', [], {}]) expect(decodeValue(type, empty)).toEqual(new Uint8Array(0))
    expect(decodeValue(type, new Uint8Array([7]))).toEqual(new Uint8Array([7]))
  })

  test('are base64 for other unsigned integers too, one element a byte', () => {
    expect(decodeValue('[]uint16', 'AQL/')).toEqual([1, 2, 255])
    expect(() => decodeValue('[]int64', 'AQL/')).toThrow('AQL/ is not []int64')
    expect(() => decodeValue('[]string', new Uint8Array([1]))).toThrow('[1] is not []string')
    expect(() => encodeValue('[]uint16', new Uint8Array([1]))).toThrow('[1] is not []uint16: pass a list.')
  })

  // Answers of encoding/base64.
  test.each([
    ['A', 0],
    ['AQI', 0],
    ['AQ=', 3],
    ['AQI==', 4],
    ['AQ==x', 4],
    ['AQ=x', 2],
    ['A===', 1],
    ['=AAA', 0],
    ['AQ==AQ==', 4],
    ['A!==', 1],
    ['AAAAé', 4],
    ['AQL/A', 4],
    ['AQL/AQ=', 7],
    ['AQL_', 3],
    ['AA\n\nA', 2],
    ['AQL/AQI=\n\n=', 10],
    ['AQ=\n', 4],
    ['AQL/\nA', 5],
  ])('%j is refused with the place', (text, place) => {
    expect(() => decodeValue('[]byte', text)).toThrow(
      new InvalidArgumentError(`illegal base64 data at input byte ${place}`),
    )
  })

  test.each(['AQ\nI=', 'AQ\r\nI\n=\n'])('line breaks within %j are skipped', (text) => {
    expect(decodeValue('[]byte', text)).toEqual(new Uint8Array([1, 2]))
  })

  test('refuse what is not bytes', () => {
    expect(() => decodeValue('[]byte', [1, 256])).toThrow('strconv.ParseUint: parsing "256": value out of range')
    expect(() => decodeValue('[]byte', 5)).toThrow('5 is not []byte')
    expect(() => encodeValue('[]byte', 'text')).toThrow('text is not []byte: pass a Uint8Array.')
    expect(() => encodeValue('[]byte', [256])).toThrow('256 is not uint8')
  })
})

describe('a message', () => {
  test('shows values as Go prints them, cut', () => {
    const shown = (value: unknown): string => {
      try {
        decodeValue('bool', value)
      } catch (error) {
        return (error as Error).message.replace(/ is not bool$/, '')
      }
      return ''
    }
    expect(shown({ b: [1, 'x', null], a: { c: 1n } })).toBe('map[a:map[c:1] b:[1 x <nil>]]')
    expect(shown([[[[[1]]]]])).toBe('[[[[…]]]]')
    expect(shown('x'.repeat(1e6))).toBe(`${'x'.repeat(100)}…`)
    expect(shown('😀'.repeat(60))).toHaveLength(101)
    expect(shown(`${'x'.repeat(99)}😀`)).toBe(`${'x'.repeat(99)}\ufffd…`)
    expect(shown(-0)).toBe('-0')
    expect(shown(() => 1)).toBe('a function')
    expect(shown(new Date(0))).toBe('1970-01-01T00:00:00.000Z')
    expect(shown(new Date(Number.NaN))).toBe('Invalid Date')
    expect(shown(Symbol('s'))).toBe('Symbol(s)')
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    expect(shown(cyclic)).toBe('[[[[…]]]]')
  })
})

describe('inferGoType', () => {
  test.each([
    [true, 'bool'],
    ['x', 'string'],
    [1, 'int64'],
    [-0, 'int64'],
    [1.5, 'float64'],
    [5n, 'int64'],
    [-(2n ** 63n), 'int64'],
    [2n ** 63n, 'uint64'],
    [new Uint8Array(), '[]uint8'],
    [Buffer.from('x'), '[]uint8'],
    [[1, 2], '[]int64'],
    [[1, 2.5], '[]float64'],
    [[1.5], '[]float64'],
    [['a'], '[]string'],
    [[true], '[]bool'],
    [[1, 2n], '[]int64'],
    [[1, 2n ** 63n], '[]uint64'],
    [[2n ** 63n], '[]uint64'],
  ])('of %s is %s', (value, type) => {
    expect(inferGoType(value)).toBe(type)
    expect(() => encodeValue(type, value)).not.toThrow()
  })

  test.each([
    [null, 'null has no Go type'],
    [undefined, 'undefined has no Go type'],
    [{ a: 1 }, 'The object map[a:1] has no Go type. Declare it with json()'],
    [() => 1, 'function has no Go type'],
    [Symbol('s'), 'Symbol(s) has no Go type'],
    [[null], 'null has no Go type'],
    [[[1]], 'has no Go type. Declare it with json()'],
    [[], 'An empty list does not tell its Go type'],
    [[1, 'a'], 'A list of int64 and string has no Go type'],
    [[true, 1], 'A list of bool and int64'],
    [[1.5, 2n], 'A list of float64 and int64'],
    [[-1, 2n ** 63n], 'A list of int64 and uint64'],
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
    [[1, , 2], 'undefined has no Go type'],
  ])('of %s is refused', (value, message) => {
    expect(() => inferGoType(value)).toThrow(InvalidArgumentError)
    expect(() => inferGoType(value)).toThrow(message)
  })

  test('leaves numbers that may have lost digits to the encoder, which asks for a bigint', () => {
    expect(() => encodeValue(inferGoType(2 ** 60), 2 ** 60)).toThrow(/pass a bigint/)
  })
})
