import { InvalidSignatureError } from '../errors/index.js'
import { goText } from './go-text.js'
import type { Signature } from './signature.js'

/** The error for a field that must not travel: names the task, the field, the value, and what to give instead. */
export function fieldError(
  action: 'encode' | 'send',
  signature: Signature,
  field: string,
  value: unknown,
  wanted: string,
): InvalidSignatureError {
  return new InvalidSignatureError(
    `Cannot ${action} task "${goText(signature.name)}": ${field} must be ${wanted}, got ${goText(value)}.`,
  )
}

/** The error for callbacks without end. */
export function callbacksTooDeep(action: 'encode' | 'send' | 'copy', limit: number): InvalidSignatureError {
  return new InvalidSignatureError(
    `Cannot ${action} a signature whose callbacks nest deeper than ${limit} levels, or contain themselves.`,
  )
}
