import { InvalidArgumentError } from '../errors/index.js'
import { goText } from './go-text.js'
import type { GoType } from './go-types.js'

const maxInt64 = 2n ** 63n - 1n

/**
 * The Go type for a value whose type nobody declared: `bool`, `string`, `int64` for integers, `float64` for other
 * numbers, `int64` or else `uint64` for a bigint, `[]uint8` for bytes, and lists of one of them. A list of integers
 * and fractions is `[]float64`.
 *
 * @throws InvalidArgumentError for all other values, saying how to send them
 */
export function inferGoType(value: unknown): GoType {
  if (value instanceof Uint8Array) return '[]uint8'
  return Array.isArray(value) ? inferList(value) : inferOne(value)
}

type Inferred = 'bool' | 'string' | 'int64' | 'uint64' | 'float64'

function inferOne(value: unknown): Inferred {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'bigint':
      return value > maxInt64 ? 'uint64' : 'int64'
    default:
      throw new InvalidArgumentError(`${describe(value)} has no Go type. Declare it with json(), or send JSON text.`)
  }
}

function inferList(list: readonly unknown[]): GoType {
  if (list.length === 0) {
    throw new InvalidArgumentError('An empty list does not tell its Go type. Declare one, for example list(string).')
  }
  // Array.from visits holes too, so that they are refused as undefined.
  const types = new Set(Array.from(list, inferOne))
  const [first = 'string'] = types
  if (types.size === 1) return `[]${first}`
  const isNumeric = !types.has('bool') && !types.has('string')
  const hasBigint = list.some((item) => typeof item === 'bigint')
  if (isNumeric && !hasBigint) return '[]float64'
  if (isNumeric && !types.has('float64') && list.every((item) => Number(item) >= 0)) return '[]uint64'
  throw new InvalidArgumentError(
    `A list of ${[...types].join(' and ')} has no Go type. Use elements of one type, or declare it with json().`,
  )
}

function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'function')
    return String(value === null ? 'null' : typeof value)
  return typeof value === 'object' ? `The object ${goText(value)}` : String(value)
}
