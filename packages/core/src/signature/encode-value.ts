import { InvalidArgumentError } from '../errors/index.js'
import { encodeBase64 } from './base64.js'
import { goText } from './go-text.js'
import { type GoTypeFacts, goTypeFacts } from './go-types.js'
import { RawNumber } from './raw-number.js'

/**
 * The JSON value with which `value` travels as Go type `type`: bytes become base64 text, a float32 its shortest
 * digits, everything else stays as it is. `null` is Go's nil slice.
 *
 * @throws InvalidArgumentError where the type is not supported or the value does not fit it
 */
export function encodeValue(type: string, value: unknown): unknown {
  const facts = goTypeFacts(type)
  if (facts === undefined) {
    throw new InvalidArgumentError(`${type} is not one of supported types. Send other data as JSON text, with json().`)
  }
  if (!facts.isList) return encodeOne(facts, value)
  if (value === null) return null
  if (facts.isBytes) return encodeBytes(facts, type, value)
  if (!Array.isArray(value)) throw doesNotFit(value, type, 'a list')
  return Array.from(value, (item) => encodeOne(facts, item))
}

function encodeOne(facts: GoTypeFacts, value: unknown): unknown {
  switch (facts.kind) {
    case 'int':
    case 'uint':
      return encodeInteger(facts, value)
    case 'float':
      return encodeFloat(facts, value)
    case 'bool':
      if (typeof value === 'boolean') return value
      throw doesNotFit(value, facts.base, 'true or false')
    case 'string':
      if (typeof value === 'string') return value
      throw doesNotFit(value, facts.base, 'a string')
  }
}

function encodeInteger(facts: GoTypeFacts, value: unknown): number | bigint {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw doesNotFit(value, facts.base, 'an integer')
    if (!Number.isSafeInteger(value)) {
      throw doesNotFit(value, facts.base, 'a bigint, since a number beyond 2^53 may have lost digits')
    }
  } else if (typeof value !== 'bigint') {
    throw doesNotFit(value, facts.base, 'an integer')
  }
  if (value < facts.min || value > facts.max) {
    throw doesNotFit(value, facts.base, `an integer from ${facts.min} to ${facts.max}`)
  }
  return typeof value === 'number' ? value + 0 : value
}

function encodeFloat(facts: GoTypeFacts, value: unknown): number | RawNumber {
  const float = value instanceof RawNumber ? Number(value) : value
  if (typeof float !== 'number' || !Number.isFinite(float)) throw doesNotFit(value, facts.base, 'a finite number')
  if (facts.base === 'float64') return value as number | RawNumber
  if (!Number.isFinite(Math.fround(float)))
    throw doesNotFit(value, facts.base, 'a number of at most 3.4028234663852886e+38')
  return shortestFloat32(float)
}

/** The double with the fewest digits that is the same 32-bit float: 0.1 rather than 0.10000000149011612. */
function shortestFloat32(value: number): number {
  const float = Math.fround(value)
  // The digits of -0 do not show its sign.
  if (float === 0) return float
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(float.toPrecision(digits))
    if (Math.fround(candidate) === float) return candidate
  }
  return Number(float.toPrecision(9))
}

function encodeBytes(facts: GoTypeFacts, type: string, value: unknown): string {
  if (value instanceof Uint8Array) return encodeBase64(value)
  if (!Array.isArray(value)) throw doesNotFit(value, type, 'a Uint8Array')
  return encodeBase64(Uint8Array.from(value, (item) => Number(encodeInteger(facts, item))))
}

function doesNotFit(value: unknown, type: string, wanted: string): InvalidArgumentError {
  return new InvalidArgumentError(`${goText(value)} is not ${type}: pass ${wanted}.`)
}
