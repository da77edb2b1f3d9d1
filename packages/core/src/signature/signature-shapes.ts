import { copySignature } from './copy-signature.js'
import { makeArg } from './read-signature.js'
import type { Signature, SignatureArg } from './signature.js'
import { flatListReader } from './wire-pattern.js'

/*
 * Messages of one task, and the members of one chord, differ in their UUIDs and arguments only. What is around these is
 * compared with the messages before, in a fraction of the time it takes to read it again.
 */

/** What surrounds UUID and arguments, and the signature it belongs to. */
interface Shape {
  readonly middle: string
  readonly tail: string
  readonly signature: Signature
}

/** How many shapes are remembered. */
const MOST = 4
/** The longest message whose shape is remembered, in characters. */
const LONGEST = 4_096

const start = '{"UUID":"'
const argsKey = ',"Args":'
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes control characters
const needsUnescaping = /[\\\u0000-\u001f]/

/** Reads the arguments between two places in a message, where all are short integers and plain strings. */
export const readFlatArgs: (text: string, from: number, to: number) => SignatureArg[] | undefined = flatListReader(
  ['Name', 'Type'],
  'Value',
  ([, name = '', type = ''], value) => makeArg(name, type, value),
)

const shapes: Shape[] = []
let oldest = 0

/** Reads a message that looks like one before. Answers undefined for every other. */
export function matchShape(text: string): Signature | undefined {
  const uuidEnd = text.indexOf('"', start.length)
  for (const { middle, tail, signature } of shapes) {
    // Slices are compared several times faster than by startsWith and endsWith.
    const from = uuidEnd + middle.length
    const to = text.length - tail.length
    if (text.slice(uuidEnd, from) !== middle || text.slice(to) !== tail) continue
    const uuid = text.slice(start.length, uuidEnd)
    if (!text.startsWith(start) || needsUnescaping.test(uuid)) return undefined
    const args = readFlatArgs(text, from, to)
    return args && copyWith(signature, uuid, args)
  }
  return undefined
}

/** Remembers what surrounds UUID and arguments of a message, if others may look like it. */
export function rememberShape(text: string, signature: Signature): void {
  const { eta, uuid } = signature
  if (text.length > LONGEST || eta !== null) return
  const uuidEnd = start.length + uuid.length
  // No string of a message that was matched has quotes in it, unless it is in its arguments.
  const from = text.indexOf(argsKey, uuidEnd) + argsKey.length
  const to = text.indexOf(',"Headers":', from)
  if (readFlatArgs(text, from, to) === undefined) return
  shapes[oldest] = { middle: text.slice(uuidEnd, from), tail: text.slice(to), signature: copySignature(signature) }
  oldest = (oldest + 1) % MOST
}

function copyWith(like: Signature, uuid: string, args: readonly SignatureArg[]): Signature {
  return {
    uuid,
    name: like.name,
    routingKey: like.routingKey,
    eta: null,
    groupUuid: like.groupUuid,
    groupTaskCount: like.groupTaskCount,
    args,
    headers: like.headers === null ? null : { ...like.headers },
    priority: like.priority,
    immutable: like.immutable,
    retryCount: like.retryCount,
    retryTimeout: like.retryTimeout,
    onSuccess: [],
    onError: [],
    chordCallback: like.chordCallback === null ? null : copySignature(like.chordCallback),
    brokerMessageGroupId: like.brokerMessageGroupId,
    sqsReceiptHandle: like.sqsReceiptHandle,
    stopTaskDeletionOnError: like.stopTaskDeletionOnError,
    ignoreWhenTaskNotRegistered: like.ignoreWhenTaskNotRegistered,
  }
}
