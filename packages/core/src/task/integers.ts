import type { SignatureArg } from '../signature/index.js'
import { decodeValue } from '../signature/index.js'
import { type Descriptor, numberHint, unfit, wrongType } from './descriptor.js'

const INTEGER_TYPE = /^u?int(8|16|32|64)?$/

/** An integer that is a `number` in JavaScript. Takes any integer type of the wire whose value fits. */
function integer<Tag extends string>(tag: Tag, min: number, max: number): Descriptor<number, number, Tag> {
  const wide = max === Number.MAX_SAFE_INTEGER
  const hint = wide
    ? `Declare the value as ${min < 0 ? 'bigint' : 'biguint'} to use all 64 bits, or as float for fractions.`
    : 'Declare a wider type, or mend the value.'
  const expected = wide
    ? `a safe integer from ${min} to ${max} (Go ${tag})`
    : `an integer from ${min} to ${max} (Go ${tag})`
  const fits = (value: unknown): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
  return Object.freeze({
    goType: tag,
    tag,
    encode: (value: number) => {
      if (!fits(value)) throw unfit(value, expected, numberHint(value, hint))
      // Adding 0 makes 0 of -0, which is no integer in Go.
      return value + 0
    },
    decode: (arg: SignatureArg) => {
      if (arg.type === tag && fits(arg.value)) return arg.value + 0
      const value = decodeValue(arg.type, arg.value)
      if (!INTEGER_TYPE.test(arg.type)) throw wrongType(arg, tag)
      if (!fits(value)) throw unfit(value, expected, numberHint(value, hint))
      return value
    },
  })
}

/** An integer that is a `bigint` in JavaScript. Senders may give a safe `number`. */
function bigInteger<Tag extends string>(tag: Tag, min: bigint, max: bigint): Descriptor<bigint | number, bigint, Tag> {
  const expected = `an integer from ${min} to ${max} (Go ${tag})`
  const check = (value: unknown): bigint => {
    const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
    if (!isInteger) throw unfit(value, expected, numberHint(value, 'Give a bigint.', 'BigInt'))
    const big = BigInt(value)
    if (big < min || big > max) throw unfit(value, expected, 'Send larger integers as a string.')
    return big
  }
  return Object.freeze({
    goType: tag,
    tag,
    encode: (value: bigint | number) => check(value),
    decode: (arg: SignatureArg) => {
      const value = decodeValue(arg.type, arg.value)
      if (!INTEGER_TYPE.test(arg.type)) throw wrongType(arg, tag)
      return check(value)
    },
  })
}

const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number

/** Go's `int64`, a safe integer in JavaScript (up to 2^53 - 1). See {@link bigint} for all 64 bits. */
export const int: Descriptor<number, number, 'int64'> = integer('int64', MIN_SAFE_INTEGER, MAX_SAFE_INTEGER)
/** The same as {@link int}. */
export const int64: Descriptor<number, number, 'int64'> = int
/** Go's `int`, for Go functions that take just that. A safe integer in JavaScript. */
export const goInt: Descriptor<number, number, 'int'> = integer('int', MIN_SAFE_INTEGER, MAX_SAFE_INTEGER)
export const int8: Descriptor<number, number, 'int8'> = integer('int8', -128, 127)
export const int16: Descriptor<number, number, 'int16'> = integer('int16', -32_768, 32_767)
export const int32: Descriptor<number, number, 'int32'> = integer('int32', -2_147_483_648, 2_147_483_647)
/** Go's `uint`, a safe integer in JavaScript. */
export const uint: Descriptor<number, number, 'uint'> = integer('uint', 0, MAX_SAFE_INTEGER)
export const uint8: Descriptor<number, number, 'uint8'> = integer('uint8', 0, 255)
export const uint16: Descriptor<number, number, 'uint16'> = integer('uint16', 0, 65_535)
export const uint32: Descriptor<number, number, 'uint32'> = integer('uint32', 0, 4_294_967_295)
/** Go's `uint64`, a safe integer in JavaScript. See {@link biguint} for all 64 bits. */
export const uint64: Descriptor<number, number, 'uint64'> = integer('uint64', 0, MAX_SAFE_INTEGER)
/** Go's `int64` with all 64 bits: a `bigint` in JavaScript. Senders may give a safe `number` too. */
export const bigint: Descriptor<bigint | number, bigint, 'int64'> = bigInteger('int64', -(2n ** 63n), 2n ** 63n - 1n)
/** Go's `uint64` with all 64 bits: a `bigint` in JavaScript. Senders may give a safe `number` too. */
export const biguint: Descriptor<bigint | number, bigint, 'uint64'> = bigInteger('uint64', 0n, 2n ** 64n - 1n)
