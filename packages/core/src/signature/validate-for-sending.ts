import { InvalidSignatureError } from '../errors/index.js'
import { decodeValue } from './decode-value.js'
import { callbacksTooDeep, fieldError } from './field-error.js'
import { maxCallbackDepth } from './limits.js'
import type { Signature } from './signature.js'
import { isWireTime } from './time.js'
import { isRecord } from './wire-fields.js'

/**
 * Checks that every worker, in Go or here, can take the signature and its callbacks: names, argument types and values,
 * headers, priority, counts, ETA.
 * @param checked the callbacks of chords that were checked before and have not changed since; those of this one are added
 * @throws InvalidSignatureError that names the task, the field and the value
 */
export function validateForSending(signature: Signature, checked?: Set<Signature>): void {
  validate(signature, 0, checked)
}

const textFields = ['uuid', 'name', 'routingKey', 'groupUuid', 'brokerMessageGroupId'] as const
const countFields = ['groupTaskCount', 'retryCount'] as const
const booleanFields = ['immutable', 'stopTaskDeletionOnError', 'ignoreWhenTaskNotRegistered'] as const
const listFields = ['args', 'onSuccess', 'onError'] as const

function validate(s: Signature, depth: number, checked?: Set<Signature>): void {
  if (depth > maxCallbackDepth) throw callbacksTooDeep('send', maxCallbackDepth)
  for (const field of textFields) if (typeof s[field] !== 'string') throw refused(s, field, 'a string')
  if (s.name === '') throw refused(s, 'name', 'the name of a task')
  for (const field of countFields) if (!isCount(s[field])) throw refused(s, field, 'a non-negative integer')
  // Machinery reads a negative one as 0.
  if (!Number.isSafeInteger(s.retryTimeout)) throw refused(s, 'retryTimeout', 'an integer')
  for (const field of booleanFields) if (typeof s[field] !== 'boolean') throw refused(s, field, 'a boolean')
  if (!isCount(s.priority) || s.priority > 255) throw refused(s, 'priority', 'an integer from 0 to 255')
  if (s.eta !== null && !(s.eta instanceof Date && isWireTime(s.eta))) {
    throw refused(s, 'eta', 'null or a valid Date in the years 1 to 9999')
  }
  for (const field of listFields) if (!Array.isArray(s[field])) throw refused(s, field, 'a list')
  validateArgs(s)
  if (s.headers !== null) validateHeaders(s, s.headers)
  validateCallbacks(s, 'onSuccess', depth)
  validateCallbacks(s, 'onError', depth)
  if (s.chordCallback === null || checked?.has(s.chordCallback)) return
  validateCallback(s, 'chordCallback', s.chordCallback, depth)
  checked?.add(s.chordCallback)
}

function validateArgs(s: Signature): void {
  for (let i = 0; i < s.args.length; i++) {
    const arg: unknown = s.args[i]
    if (!isRecord(arg) || typeof arg.type !== 'string') {
      throw fieldError('send', s, `args[${i}]`, arg, 'an object of type and value')
    }
    if (arg.name !== undefined && typeof arg.name !== 'string') {
      throw fieldError('send', s, `args[${i}].name`, arg.name, 'a string')
    }
    try {
      decodeValue(arg.type, arg.value)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new InvalidSignatureError(`Cannot send task "${s.name}": args[${i}] (${arg.type}): ${reason}`, {
        cause: error,
      })
    }
  }
}

function validateHeaders(s: Signature, headers: unknown): void {
  if (!isRecord(headers)) throw refused(s, 'headers', 'null or an object')
  for (const key of Object.keys(headers)) {
    const value = headers[key]
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) continue
    throw fieldError('send', s, `headers[${JSON.stringify(key)}]`, value, 'a string, a boolean or null')
  }
}

function validateCallbacks(s: Signature, field: 'onSuccess' | 'onError', depth: number): void {
  for (let i = 0; i < s[field].length; i++) validateCallback(s, `${field}[${i}]`, s[field][i], depth)
}

function validateCallback(s: Signature, field: string, callback: unknown, depth: number): void {
  if (!isRecord(callback)) throw fieldError('send', s, field, callback, 'a signature')
  validate(callback as unknown as Signature, depth + 1)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function refused(s: Signature, field: keyof Signature, wanted: string): InvalidSignatureError {
  return fieldError('send', s, field, s[field], wanted)
}
