import { InvalidArgumentError } from '../errors/index.js'
import { escapeGoString } from './escape-go-string.js'
import { goText } from './go-text.js'
import { goTypeFacts } from './go-types.js'
import { RawNumber } from './raw-number.js'
import { stringifyJson } from './stringify-json.js'

/**
 * The JSON of an argument's value. What a worker in Go answers with a failed task is left to it, since a received
 * signature must be forwarded as it is; what would crash the worker is refused.
 *
 * @throws InvalidArgumentError
 */
export function writeArgValue(type: string, value: unknown): string {
  if (typeof value === 'string') return escapeGoString(value)
  const facts = goTypeFacts(type)
  if (facts === undefined) return stringifyJson(value)
  const isInteger = facts.kind === 'int' || facts.kind === 'uint'
  if (!facts.isList) return isInteger ? writeInteger(value) : stringifyJson(value)
  if (Array.isArray(value)) return isInteger ? `[${value.map(writeInteger).join(',')}]` : stringifyJson(value)
  if (typeof value === 'boolean' || (typeof value === 'object' && value !== null && isNoList(value))) {
    throw new InvalidArgumentError(`${goText(value)} is not a list, and would crash a worker in Go.`)
  }
  return stringifyJson(value)
}

function isNoList(value: object): boolean {
  return !(value instanceof Uint8Array || value instanceof RawNumber)
}

function writeInteger(value: unknown): string {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return `${value}`
    throw new InvalidArgumentError(
      Number.isInteger(value)
        ? `${value} is beyond the safe integers, so it may have lost digits: pass a bigint.`
        : `${value} is not an integer.`,
    )
  }
  if (value instanceof RawNumber && !/^-?\d+$/.test(value.text)) {
    throw new InvalidArgumentError(`${value.text} is not an integer without point and exponent.`)
  }
  return stringifyJson(value)
}
