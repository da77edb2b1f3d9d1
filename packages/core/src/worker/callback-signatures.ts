import { createHash } from 'node:crypto'
import type { TaskResult } from '../contracts/index.js'
import { REPLY_HEADER } from '../sending/index.js'
import type { Signature, SignatureArg } from '../signature/index.js'
import { getPrivateHeader, withPrivateHeader } from '../signature/index.js'

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
 * The callback as it follows its parent. One without a UUID gets it from its parent's and its place (from the group's, for
 * a chord), so that sending it again after a crash is the same task. Whoever waits for the parent is told of it too.
 */
export function follow(parent: Signature, callback: Signature, place: string): Signature {
  const replyTo = getPrivateHeader(parent, REPLY_HEADER)
  const told =
    replyTo === undefined || getPrivateHeader(callback, REPLY_HEADER) !== undefined
      ? callback
      : withPrivateHeader(callback, REPLY_HEADER, replyTo)
  if (told.uuid !== '') return told
  const seed = place.startsWith('chord ') ? place : `${parent.uuid}\n${place}`
  const hex = createHash('sha256').update(seed).digest('hex')
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  return { ...told, uuid: `task_${uuid}` }
}
