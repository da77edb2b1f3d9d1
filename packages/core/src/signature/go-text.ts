import { RawNumber } from './raw-number.js'
import { compareUtf8 } from './stringify-json.js'
import { toWellFormed } from './well-formed.js'

const longest = 100

/** A JSON value as Go's `%v` prints it, cut to what a message can hold. */
export function goText(value: unknown): string {
  const text = print(value, 0)
  return text.length > longest ? `${toWellFormed(text.slice(0, longest))}…` : text
}

function print(value: unknown, depth: number): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'string') return value.slice(0, longest + 1)
  if (typeof value === 'number' && Object.is(value, -0)) return '-0'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value instanceof RawNumber) return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (depth > 3) return '…'
  const items = Array.isArray(value) || value instanceof Uint8Array ? value.slice(0, longest) : undefined
  if (items !== undefined) return `[${Array.from(items, (item) => print(item, depth + 1)).join(' ')}]`
  const keys = Object.keys(value).sort(compareUtf8).slice(0, longest)
  return `map[${keys.map((key) => `${key}:${print((value as Record<string, unknown>)[key], depth + 1)}`).join(' ')}]`
}
