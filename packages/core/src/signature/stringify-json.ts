import { InvalidArgumentError } from '../errors/index.js'
import { encodeBase64 } from './base64.js'
import { escapeGoString } from './escape-go-string.js'
import { maxValueDepth } from './limits.js'
import { RawNumber } from './raw-number.js'

/**
 * JSON as Go writes it: no white space, keys sorted by their UTF-8 bytes, Go's escapes, `-0` kept, `bigint` and
 * `RawNumber` as literals, `Uint8Array` as base64. Properties that are `undefined` are left out.
 *
 * @throws InvalidArgumentError for what JSON cannot hold (NaN, functions, class instances, `undefined` in a list) and
 * for values that nest deeper than 200 levels, cyclic ones among them
 */
export function stringifyJson(value: unknown): string {
  return write(value, 0)
}

/** A number as Go writes a float64. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) {
    throw new InvalidArgumentError(`JSON cannot hold ${value} (json: unsupported value: ${goNonFinite(value)}).`)
  }
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Whether `value` is an object literal, of this realm or another, rather than an instance of a class. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Orders strings as their UTF-8 bytes are ordered, which differs from `<` beyond U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return byteOrder(x) - byteOrder(y)
  }
  return a.length - b.length
}

/** Surrogates stand for characters above all others. */
function byteOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return escapeGoString(value)
    case 'number':
      return numberText(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'bigint':
      return value.toString()
    case 'object':
      return value === null ? 'null' : writeObject(value, depth)
    default:
      throw new InvalidArgumentError(
        `JSON cannot hold ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}.`,
      )
  }
}

function writeObject(value: object, depth: number): string {
  if (value instanceof RawNumber) return value.text
  if (value instanceof Uint8Array) return `"${encodeBase64(value)}"`
  if (depth >= maxValueDepth) {
    throw new InvalidArgumentError(`The value nests deeper than ${maxValueDepth} levels, or contains itself.`)
  }
  if (Array.isArray(value)) return writeList(value, depth)
  if (!isPlainObject(value)) {
    throw new InvalidArgumentError(
      `JSON cannot hold a ${value.constructor?.name ?? 'class instance'}: turn it into plain objects, lists, strings and numbers.`,
    )
  }
  return writeRecord(value as Record<string, unknown>, depth)
}

function writeList(list: readonly unknown[], depth: number): string {
  let text = '['
  for (let i = 0; i < list.length; i++) text += (i === 0 ? '' : ',') + write(list[i], depth + 1)
  return `${text}]`
}

function writeRecord(record: Record<string, unknown>, depth: number): string {
  let text = '{'
  for (const key of Object.keys(record).sort(compareUtf8)) {
    const item = record[key]
    if (item === undefined) continue
    text += `${text.length === 1 ? '' : ','}${escapeGoString(key)}:${write(item, depth + 1)}`
  }
  return `${text}}`
}

function goNonFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}
