import { createHash } from 'node:crypto'
import type { TaskResult } from '../contracts/index.js'
import type { Signature, SignatureArg } from '../signature/index.js'

/** The callback as it is sent after its parent succeeded: its own arguments first, then the parent's results. */
export function withResults(callback: Signature, results: readonly TaskResult[]): Signature {
  return results.length === 0 ? callback : { ...callback, args: [...callback.args, ...results] }
}

/** The error callback as it is sent: the error text first, then its own arguments. */
export function withErrorText(callback: Signature, text: string): Signature {
  const first: SignatureArg = { type: 'string', value: text }
  return { ...callback, args: [first, ...callback.args] }
}

/**
 * The callback with a UUID. One that has none gets it from its parent's and its place, so that sending it again after a
 * crash is the same task.
 */
export function withStableUuid(callback: Signature, parentUuid: string, place: string): Signature {
  if (callback.uuid !== '') return callback
  const hex = createHash('sha256').update(`${parentUuid}\n${place}`).digest('hex')
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  return { ...callback, uuid: `task_${uuid}` }
}
