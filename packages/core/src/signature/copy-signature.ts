import { InvalidSignatureError } from '../errors/index.js'
import { callbacksTooDeep } from './field-error.js'
import { maxCallbackDepth, maxValueDepth } from './limits.js'
import type { Signature } from './signature.js'
import { isPlainObject } from './stringify-json.js'
import { WireDate } from './time.js'

/**
 * A deep copy: nothing that is done to it reaches the original. Same UUID, same numbers digit by digit, and an ETA
 * keeps its text.
 * @throws InvalidSignatureError for a signature that contains itself
 */
export function copySignature(signature: Signature): Signature {
  return copy(signature, 0)
}

function copy(signature: Signature, depth: number): Signature {
  if (depth > maxCallbackDepth) throw callbacksTooDeep('copy', maxCallbackDepth)
  const copyOne = (callback: Signature): Signature => copy(callback, depth + 1)
  return {
    ...signature,
    eta: signature.eta === null ? null : copyDate(signature.eta),
    args: signature.args.map((arg) => ({ ...arg, value: copyValue(arg.value, 0) })),
    headers: signature.headers === null ? null : { ...signature.headers },
    onSuccess: signature.onSuccess.map(copyOne),
    onError: signature.onError.map(copyOne),
    chordCallback: signature.chordCallback === null ? null : copyOne(signature.chordCallback),
  }
}

function copyDate(date: Date): Date {
  return date instanceof WireDate && date.isUnchanged ? new WireDate(date.getTime(), date.text) : new Date(date)
}

function copyValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxValueDepth) throw valueTooDeep()
  if (Array.isArray(value)) return value.map((item) => copyValue(item, depth + 1))
  if (value instanceof Uint8Array) return value.slice()
  // What is left is immutable (RawNumber), or cannot travel and is refused when encoded.
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyValue(item, depth + 1)]))
}

function valueTooDeep(): InvalidSignatureError {
  return new InvalidSignatureError(
    `Cannot copy a signature with an argument that nests deeper than ${maxValueDepth} levels, or contains itself.`,
  )
}
