import { RawNumber } from './raw-number.js'

/*
 * Reads fields of parsed JSON the way Go's decoder fills a struct: keys are matched without regard to case, unknown
 * ones are ignored, a missing or null field is its zero value, and anything else of the wrong type is an error. `path` is the Go struct, for messages.
 */

/** The keys of one Go struct, in order. */
export interface KeyTable<Key extends string> {
  readonly names: readonly Key[]
  readonly byFoldedName: ReadonlyMap<string, Key>
}

export function keyTable<const Key extends string>(...names: Key[]): KeyTable<Key> {
  return { names, byFoldedName: new Map(names.map((name) => [foldKey(name), name])) }
}

/**
 * The fields of `record` under their exact names: `record` itself where it is written as Go writes it, all keys in
 * order, and a copy otherwise. Of keys that differ only in case the last one counts.
 */
export function exactFields<Key extends string>(record: object, table: KeyTable<Key>): Record<Key, unknown> {
  const { names, byFoldedName } = table
  const keys = Object.keys(record)
  if (isSameList(keys, names)) return record as Record<Key, unknown>
  const fields = Object.fromEntries(names.map((name) => [name, null])) as Record<Key, unknown>
  for (const key of keys) {
    const name = byFoldedName.get(foldKey(key))
    if (name !== undefined) fields[name] = (record as Record<string, unknown>)[key]
  }
  return fields
}

function isSameList(keys: readonly string[], names: readonly string[]): boolean {
  if (keys.length !== names.length) return false
  for (let i = 0; i < keys.length; i++) if (keys[i] !== names[i]) return false
  return true
}

/** Go folds two more characters into ASCII letters than `toLowerCase`: the long s, and the Kelvin sign, which it knows. */
function foldKey(key: string): string {
  return key.replaceAll('\u017f', 's').toLowerCase()
}

export function readText(value: unknown, path: string, field: string): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  throw mismatch(value, path, field, 'string')
}

export function readBoolean(value: unknown, path: string, field: string): boolean {
  if (typeof value === 'boolean') return value
  if (value === null) return false
  throw mismatch(value, path, field, 'bool')
}

/** Integers beyond 2^53 are refused, since a counter that large is never meant. */
export function readInteger(value: unknown, path: string, field: string): number {
  if (value === null) return 0
  // Adding 0 turns -0, which Go reads as 0, into 0.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value + 0
  throw mismatch(value, path, field, 'int', true)
}

export function readByte(value: unknown, path: string, field: string): number {
  if (value === null) return 0
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255 && !Object.is(value, -0))
    return value
  throw mismatch(value, path, field, 'uint8', true)
}

/** A list, or undefined for null and missing. */
export function readList(value: unknown, path: string, field: string, goType: string): readonly unknown[] | undefined {
  if (value === null) return undefined
  if (Array.isArray(value)) return value
  throw mismatch(value, path, field, goType)
}

/** An object, or undefined for null and missing. */
export function readRecord(
  value: unknown,
  path: string,
  field: string,
  goType: string,
): Record<string, unknown> | undefined {
  if (value === null) return undefined
  if (isRecord(value)) return value
  throw mismatch(value, path, field, goType)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber)
}

/** What kind of JSON value it is, in Go's words. Not for null, which fits every type. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value instanceof RawNumber || typeof value === 'number' || typeof value === 'bigint') return 'number'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function mismatch(value: unknown, path: string, field: string, goType: string, showNumber = false): TypeError {
  const kind = jsonKind(value)
  const shown = showNumber && kind === 'number' ? `number ${Object.is(value, -0) ? '-0' : value}` : kind
  return new TypeError(`json: cannot unmarshal ${shown} into Go struct field ${path}.${field} of type ${goType}`)
}
