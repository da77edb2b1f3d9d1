import type { Signature } from '../signature/index.js'
import { localFacts, passesNothingTo, refuseDelay, refuseNoSignature } from '../task/index.js'
import { Drafts, isImmutableByUser } from './drafts.js'
import { randomIds } from './ids.js'
import { SizeLimits } from './size-limits.js'

/** Signatures linked in order, as Machinery's `Chain`. */
export interface SignatureChain {
  readonly tasks: readonly Signature[]
}

/** Signatures side by side, as Machinery's `Group`. */
export interface SignatureGroup {
  readonly groupUuid: string
  readonly tasks: readonly Signature[]
}

/** Signatures side by side and their callback, as Machinery's `Chord`. */
export interface SignatureChord {
  readonly group: SignatureGroup
  readonly callback: Signature
}

export type SignatureWorkflow = SignatureChain | SignatureGroup | SignatureChord

export function isSignatureWorkflow(workflow: object): workflow is SignatureWorkflow {
  return 'tasks' in workflow || ('group' in workflow && !('kind' in workflow))
}

/**
 * A chain in Machinery's manner: each signature becomes the only `onSuccess` of the one before it, **replacing** what
 * was there; use `chain(…)` to keep it. Unlike Machinery's, it links copies: the given signatures stay as they are, so
 * read UUIDs from `tasks`.
 * @throws TypeError without signatures, and for a UUID set by hand that occurs twice
 */
export function newChain(...signatures: readonly Signature[]): SignatureChain {
  refuseNoSignatures('newChain()', signatures)
  if (signatures.length === 0) throw new TypeError('A chain needs a signature. Give it one, or do not send it.')
  const limits = new SizeLimits()
  const drafts = new Drafts(randomIds, '', limits)
  const tasks: Signature[] = []
  for (const [index, signature] of signatures.entries()) {
    if (index > 0) refuseDelay(signature)
    tasks.push(drafts.copy(index < signatures.length - 1 ? { ...signature, onSuccess: [] } : signature, false))
  }
  for (let index = tasks.length - 2; index >= 0; index--) {
    const [task, next] = [tasks[index] as Signature, tasks[index + 1] as Signature]
    task.onSuccess = [next]
    if (!isImmutableByUser(task)) task.immutable = passesNothingTo(task, task.onSuccess)
    limits.check(task)
  }
  return { tasks }
}

/**
 * A group in Machinery's manner. Unlike Machinery's, it holds copies: the given signatures stay as they are, so read
 * UUIDs from `tasks`.
 * @throws TypeError for a UUID set by hand that occurs twice
 */
export function newGroup(...signatures: readonly Signature[]): SignatureGroup {
  refuseNoSignatures('newGroup()', signatures)
  const groupUuid = randomIds.group()
  const drafts = new Drafts(randomIds, '', new SizeLimits())
  const tasks = signatures.map((signature) => {
    const task = drafts.copy(signature, false)
    task.groupUuid = groupUuid
    task.groupTaskCount = signatures.length
    return task
  })
  return { groupUuid, tasks }
}

/**
 * A chord in Machinery's manner. Unlike Machinery's, it holds copies: the given group and callback stay as they are, so
 * read UUIDs from `group.tasks` and `callback`.
 * @throws TypeError when the group is empty, as its callback would never be sent
 */
export function newChord(group: SignatureGroup, callback: Signature): SignatureChord {
  if (!Array.isArray(group?.tasks)) {
    throw new TypeError('newChord() takes a group of newGroup() and a callback. Give newGroup(…) first.')
  }
  if (group.tasks.length === 0) {
    throw new TypeError(
      'The group of a chord needs a member, or its callback would never be sent. Send the callback itself.',
    )
  }
  refuseNoSignature('newChord()', callback)
  refuseDelay(callback)
  const copy = new Drafts(randomIds, '', new SizeLimits()).copy(callback, true)
  if (localFacts(callback).takesNothing === true) copy.immutable = true
  // Go's SendChord gives the callback headers, for its trace.
  copy.headers = { ...copy.headers }
  const tasks = group.tasks.map((task) => ({ ...task, chordCallback: copy }))
  return { group: { groupUuid: group.groupUuid, tasks }, callback: copy }
}

function refuseNoSignatures(taker: string, given: readonly unknown[]): void {
  for (const signature of given) {
    if (Array.isArray(signature)) {
      throw new TypeError(
        `${taker} takes its signatures as arguments, got an array. Spread it: ${taker.slice(0, -1)}...signatures).`,
      )
    }
    refuseNoSignature(taker, signature)
  }
}
