import type { SignatureArg } from '../signature/index.js'
import { decodeValue, encodeValue } from '../signature/index.js'
import { type Descriptor, numberHint, unfit, wrongType } from './descriptor.js'

const NUMBER_TYPE = /^(u?int(8|16|32|64)?|float(32|64))$/

function floating<Tag extends string>(tag: Tag, fits: (value: number) => boolean): Descriptor<number, number, Tag> {
  return Object.freeze({
    goType: tag,
    tag,
    encode: (value: number) => {
      if (typeof value !== 'number' || !fits(value)) {
        throw unfit(
          value,
          `a finite number (Go ${tag})`,
          numberHint(value, 'JSON has neither NaN nor infinities; send such cases as another argument.'),
        )
      }
      return tag === 'float64' ? value : encodeValue(tag, value)
    },
    decode: (arg: SignatureArg) => {
      if (arg.type === tag && typeof arg.value === 'number') return arg.value
      const value = decodeValue(arg.type, arg.value)
      if (!NUMBER_TYPE.test(arg.type)) throw wrongType(arg, tag)
      if (typeof value !== 'number') {
        throw unfit(value, 'an integer that a float holds exactly', 'Declare the argument as bigint or biguint.')
      }
      return value
    },
  })
}

/** Go's `float64`. Finite numbers only. Takes integers of the wire too, where it holds them exactly. */
export const float: Descriptor<number, number, 'float64'> = floating('float64', Number.isFinite)
/** The same as {@link float}. */
export const float64: Descriptor<number, number, 'float64'> = float
/** Go's `float32`: the value is rounded to 32 bits. */
export const float32: Descriptor<number, number, 'float32'> = floating('float32', (value) =>
  Number.isFinite(Math.fround(value)),
)

/** Go's `string`. */
export const string: Descriptor<string, string, 'string'> = Object.freeze({
  goType: 'string',
  tag: 'string',
  encode: (value: string) => {
    if (typeof value !== 'string') throw unfit(value, 'a string', 'Convert it, or declare the argument as what it is.')
    return value
  },
  decode: (arg: SignatureArg) => {
    const value = arg.type === 'string' && typeof arg.value === 'string' ? arg.value : decodeValue(arg.type, arg.value)
    if (arg.type !== 'string' || typeof value !== 'string') throw wrongType(arg, 'string')
    return value
  },
})

/** Go's `bool`. */
export const bool: Descriptor<boolean, boolean, 'bool'> = Object.freeze({
  goType: 'bool',
  tag: 'bool',
  encode: (value: boolean) => {
    if (typeof value !== 'boolean') throw unfit(value, 'a boolean', 'Give true or false.')
    return value
  },
  decode: (arg: SignatureArg) => {
    const value = decodeValue(arg.type, arg.value)
    if (typeof value !== 'boolean') throw wrongType(arg, 'bool')
    return value
  },
})

/** Go's `[]byte`; base64 on the wire. */
export const bytes: Descriptor<Uint8Array, Uint8Array, '[]uint8'> = Object.freeze({
  goType: '[]uint8',
  tag: '[]uint8',
  encode: (value: Uint8Array) => {
    if (!(value instanceof Uint8Array)) throw unfit(value, 'a Uint8Array', 'Wrap the data: new Uint8Array(data).')
    return encodeValue('[]uint8', value)
  },
  decode: (arg: SignatureArg) => {
    const value = decodeValue(arg.type, arg.value)
    if (!(value instanceof Uint8Array)) throw wrongType(arg, '[]uint8')
    return value
  },
})
