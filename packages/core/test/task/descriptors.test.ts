import { describe, expect, test } from 'vitest'
import {
  type AnyDescriptor,
  bigint,
  biguint,
  bool,
  bytes,
  type Descriptor,
  float,
  float32,
  goInt,
  int,
  int8,
  int16,
  int32,
  int64,
  list,
  string,
  uint,
  uint8,
  uint16,
  uint32,
  uint64,
} from '../../src/task/index.js'

const erase = (descriptor: AnyDescriptor): Descriptor => descriptor as unknown as Descriptor
const encode = (descriptor: AnyDescriptor, value: unknown): unknown => erase(descriptor).encode(value)
const decode = (descriptor: AnyDescriptor, type: string, value: unknown): unknown =>
  erase(descriptor).decode({ type, value })

const invalid = { code: 'MACHINERY_INVALID_ARGUMENT' }

describe('integers', () => {
  test.each([
    [int, 'int64', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [int64, 'int64', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [goInt, 'int', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [int8, 'int8', -128, 127],
    [int16, 'int16', -32768, 32767],
    [int32, 'int32', -2147483648, 2147483647],
    [uint, 'uint', 0, Number.MAX_SAFE_INTEGER],
    [uint8, 'uint8', 0, 255],
    [uint16, 'uint16', 0, 65535],
    [uint32, 'uint32', 0, 4294967295],
    [uint64, 'uint64', 0, Number.MAX_SAFE_INTEGER],
  ] as const)('$goType of %# keeps its bounds both ways', (descriptor, goType, min, max) => {
    expect(descriptor.goType).toBe(goType)
    for (const value of [min, 0, max]) {
      expect(encode(descriptor, value)).toBe(value)
      expect(decode(descriptor, goType, value)).toBe(value)
    }
    for (const value of [min - 1, max + 1, 0.5, Number.NaN, '1', 1n, null, undefined]) {
      expect(() => encode(descriptor, value)).toThrow(expect.objectContaining(invalid))
    }
    expect(() => decode(descriptor, 'int64', max === Number.MAX_SAFE_INTEGER ? 2n ** 53n : max + 1)).toThrow(
      expect.objectContaining(invalid),
    )
  })

  test('int points to bigint for values beyond 2^53', () => {
    expect(() => int.encode(2 ** 53)).toThrow(/9007199254740992 is not a safe integer.*Declare the value as bigint/)
    expect(() => decode(int, 'int64', 2n ** 62n)).toThrow(/4611686018427387904n.*Declare the value as bigint/)
  })

  test('bigint and biguint hold all 64 bits', () => {
    for (const value of [-(2n ** 63n), 0n, 2n ** 63n - 1n]) {
      expect(bigint.encode(value)).toBe(value)
      expect(decode(bigint, 'int64', value)).toBe(value)
    }
    expect(decode(biguint, 'uint64', 2n ** 64n - 1n)).toBe(2n ** 64n - 1n)
    expect(bigint.encode(7)).toBe(7n)
    expect(decode(bigint, 'int64', 7)).toBe(7n)
    expect(() => bigint.encode(2n ** 63n)).toThrow(expect.objectContaining(invalid))
    expect(() => biguint.encode(-1n)).toThrow(expect.objectContaining(invalid))
    expect(() => bigint.encode(2 ** 53)).toThrow(expect.objectContaining(invalid))
  })

  test('take other integer types that fit, and nothing else', () => {
    expect(decode(int, 'uint8', 200)).toBe(200)
    expect(decode(int8, 'int64', -5)).toBe(-5)
    expect(() => decode(int, 'float64', 1)).toThrow('reflect: Call using float64 as type int64')
    expect(() => decode(int, 'string', '1')).toThrow('reflect: Call using string as type int64: got "1"')
    expect(() => decode(int, 'complex64', 1)).toThrow('complex64 is not one of supported types')
  })
})

describe('floats', () => {
  test('travel as finite numbers', () => {
    expect(encode(float, 1.5)).toBe(1.5)
    expect(decode(float, 'float64', -0.25)).toBe(-0.25)
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '1', 1n, null]) {
      expect(() => encode(float, value)).toThrow(expect.objectContaining(invalid))
    }
    expect(() => encode(float32, 1e300)).toThrow(expect.objectContaining(invalid))
    expect(encode(float32, 0.1)).toBe(0.1)
  })

  test('take integers that they hold exactly', () => {
    expect(decode(float, 'int64', 2)).toBe(2)
    expect(() => decode(float, 'int64', 2n ** 60n + 1n)).toThrow(/Declare the argument as bigint/)
    expect(() => decode(float, 'string', '2')).toThrow('reflect: Call using string as type float64')
  })
})

describe('text, truth and bytes', () => {
  test('travel as they are', () => {
    expect(encode(string, 'a')).toBe('a')
    expect(decode(string, 'string', 'a')).toBe('a')
    expect(encode(bool, false)).toBe(false)
    expect(decode(bool, 'bool', true)).toBe(true)
    for (const [descriptor, value] of [
      [string, 1],
      [string, null],
      [bool, 0],
      [bool, 'true'],
      [bytes, 'AQL/'],
      [bytes, [1, 2]],
    ] as const) {
      expect(() => encode(descriptor, value)).toThrow(expect.objectContaining(invalid))
    }
  })

  test('bytes come back as bytes, from base64 and from numbers', () => {
    const value = Uint8Array.of(1, 2, 255)
    expect(decode(bytes, '[]uint8', encode(bytes, value))).toEqual(value)
    expect(decode(bytes, '[]byte', 'AQL/')).toEqual(value)
    expect(decode(bytes, '[]uint8', [1, 2, 255])).toEqual(value)
    expect(() => decode(bytes, 'string', 'AQL/')).toThrow('reflect: Call using string as type []uint8')
  })

  test('a value of another wire type is refused in the words of Go', () => {
    expect(() => decode(string, 'int64', 1)).toThrow('reflect: Call using int64 as type string: got 1')
    expect(() => decode(bool, 'string', 'x')).toThrow('reflect: Call using string as type bool')
    expect(() => decode(string, 'string', null)).toThrow('<nil> is not string')
  })
})

describe('lists', () => {
  test('carry their elements both ways', () => {
    expect(list(int).goType).toBe('[]int64')
    expect(encode(list(int), [1, 2])).toEqual([1, 2])
    expect(decode(list(int), '[]int64', [1, 2])).toEqual([1, 2])
    expect(decode(list(bigint), '[]int64', [1, 2n ** 62n])).toEqual([1n, 2n ** 62n])
    expect(decode(list(string), '[]string', null)).toEqual([])
    expect(encode(list(string), [])).toEqual([])
  })

  test('of uint8 are bytes on the wire and numbers here', () => {
    const wire = encode(list(uint8), [1, 2, 255])
    expect(decode(list(uint8), '[]uint8', wire)).toEqual([1, 2, 255])
    expect(decode(list(uint8), '[]byte', 'AQL/')).toEqual([1, 2, 255])
  })

  test('refuse elements that do not fit, and what is no list', () => {
    // biome-ignore lint/suspicious/noSparseArray: a hole must not travel as null
    for (const value of [[1, 'x'], [1, undefined], [1, , 2], 'abc', { length: 1 }, null]) {
      expect(() => encode(list(int), value)).toThrow(expect.objectContaining(invalid))
    }
    expect(() => decode(list(int), '[]string', ['x'])).toThrow('reflect: Call using string as type int64')
    expect(() => decode(list(int), 'int64', 1)).toThrow('reflect: Call using int64 as type []int64')
    expect(() => decode(list(int), '[]int64', true)).toThrow(expect.objectContaining(invalid))
    expect(() => decode(list(int), '[]int64', { a: 1 })).toThrow(expect.objectContaining(invalid))
  })

  test('of lists are refused when they are declared', () => {
    expect(() => list(list(int))).toThrow(/Use json\(\)/)
    expect(() => list(bytes)).toThrow(TypeError)
  })
})
