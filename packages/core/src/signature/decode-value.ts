import { InvalidArgumentError } from '../errors/index.js'
import { decodeBase64 } from './base64.js'
import { goText } from './go-text.js'
import { type GoTypeFacts, goTypeFacts } from './go-types.js'
import { RawNumber } from './raw-number.js'
import { isRecord } from './wire-fields.js'

/**
 * The JavaScript value of an argument or result that travelled as Go type `type` with JSON value `value`.
 * Integers are `number` where safe, else `bigint`; `[]byte` and `[]uint8` are `Uint8Array`; null is an empty list.
 *
 * @throws InvalidArgumentError in the words of a worker in Go. Integers too large for a narrow type are refused, where
 * Go wraps them.
 */
export function decodeValue(type: string, value: unknown): unknown {
  const facts = goTypeFacts(type)
  if (facts === undefined) throw new InvalidArgumentError(`${type} is not one of supported types`)
  return facts.isList ? decodeList(type, facts, value) : decodeOne(facts, value)
}

function decodeOne(facts: GoTypeFacts, value: unknown): unknown {
  switch (facts.kind) {
    case 'int':
    case 'uint':
      return decodeInteger(facts, value)
    case 'float':
      return decodeFloat(facts, value)
    case 'bool':
      if (typeof value === 'boolean') return value
      break
    case 'string':
      if (typeof value === 'string') return value
      break
  }
  throw isNot(value, facts.base)
}

function decodeInteger(facts: GoTypeFacts, value: unknown): number | bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    if (value >= facts.low && value <= facts.high && !(facts.kind === 'uint' && Object.is(value, -0))) {
      return value + 0
    }
  } else if (typeof value === 'bigint') {
    if (value >= facts.min && value <= facts.max) return isSafe(value) ? Number(value) : value
  } else if (typeof value !== 'number' && !(value instanceof RawNumber)) {
    throw isNot(value, facts.base)
  }
  throw unparsed(facts, value)
}

function decodeFloat(facts: GoTypeFacts, value: unknown): number {
  if (typeof value !== 'number' && typeof value !== 'bigint' && !(value instanceof RawNumber)) {
    throw isNot(value, facts.base)
  }
  const float = Number(value)
  const isInRange = Number.isFinite(facts.base === 'float32' ? Math.fround(float) : float)
  if (isInRange) return float
  throw new InvalidArgumentError(`strconv.ParseFloat: parsing "${goText(value)}": value out of range`)
}

function decodeList(type: string, facts: GoTypeFacts, value: unknown): unknown {
  if (value === null || (isRecord(value) && Object.keys(value).length === 0 && !(value instanceof Uint8Array))) {
    return facts.isBytes ? new Uint8Array(0) : []
  }
  if (Array.isArray(value)) {
    const list = value.map((item) => decodeOne(facts, item))
    return facts.isBytes ? Uint8Array.from(list as number[]) : list
  }
  const bytes = facts.kind === 'uint' && typeof value === 'string' ? decodeBase64(value) : value
  if (!(bytes instanceof Uint8Array)) throw isNot(value, type)
  if (facts.isBytes) return bytes
  // Go's slices of wider unsigned integers take base64 too, one element per byte.
  if (facts.kind === 'uint') return Array.from(bytes)
  throw isNot(value, type)
}

function isSafe(value: bigint): boolean {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
}

function isNot(value: unknown, type: string): InvalidArgumentError {
  return new InvalidArgumentError(`${goText(value)} is not ${type}`)
}

/** What Go's parser says about a number that is no integer of the type. */
function unparsed(facts: GoTypeFacts, value: unknown): InvalidArgumentError {
  const text = goText(value)
  const isSyntax = facts.kind === 'int' ? /^-?\d+$/ : /^\d+$/
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return new InvalidArgumentError(
      `${text} is not ${facts.base}: it is beyond the safe integers, so it may have lost digits. Pass a bigint.`,
    )
  }
  const reason = isSyntax.test(text) ? 'value out of range' : 'invalid syntax'
  return new InvalidArgumentError(`strconv.Parse${facts.kind === 'int' ? 'Int' : 'Uint'}: parsing "${text}": ${reason}`)
}
