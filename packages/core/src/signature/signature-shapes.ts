import { copySignature } from './copy-signature.js'
import { makeArg } from './read-signature.js'
import type { Signature, SignatureArg } from './signature.js'
import { flatListReader } from './wire-pattern.js'

/*
 * Messages of one task, and the members of one chord, differ in their UUIDs and arguments only. What is around these is
 * compared with the messages before, byte by byte, in a fraction of the time it takes to read it again; and it does not
 * become text that lives as long as the UUID that was cut out of it.
 */

/** What surrounds UUID and arguments, and the signature it belongs to. */
interface Shape {
  readonly middle: Buffer
  readonly tail: Buffer
  readonly signature: Signature
}

/** How many shapes are remembered. */
const MOST = 4
/** The longest message whose shape is remembered, in bytes. */
const LONGEST = 4_096

const start = '{"UUID":"'
const argsKey = ',"Args":'
const quote = 0x22
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes control characters
const isPlainAscii = /^[^\\\u0000-\u001f\u0080-\uffff]*$/

/** Reads the arguments between two places in a message, where all are short integers and plain strings. */
export const readFlatArgs: (text: string, from: number, to: number) => SignatureArg[] | undefined = flatListReader(
  ['Name', 'Type'],
  'Value',
  ([, name = '', type = ''], value) => makeArg(name, type, value),
)

const shapes: Shape[] = []
let oldest = 0

/** Reads a message that looks like one before. Answers undefined for every other. */
export function matchShape(body: Uint8Array): Signature | undefined {
  if (shapes.length === 0) return undefined
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const uuidEnd = bytes.indexOf(quote, start.length)
  for (const { middle, tail, signature } of shapes) {
    const from = uuidEnd + middle.length
    const to = bytes.length - tail.length
    if (uuidEnd < 0 || from >= to || !has(bytes, middle, uuidEnd) || !has(bytes, tail, to)) continue
    // Most that is not ASCII is text in arguments, which is decoded like all text.
    const head = bytes.toString('latin1', 0, uuidEnd)
    const list = bytes.toString('latin1', from, to)
    if (!head.startsWith(start) || !isPlainAscii.test(head) || !isPlainAscii.test(list)) return undefined
    const args = readFlatArgs(list, 0, list.length)
    return args && copyWith(signature, head.slice(start.length), args)
  }
  return undefined
}

function has(bytes: Buffer, part: Buffer, at: number): boolean {
  return bytes.compare(part, 0, part.length, at, at + part.length) === 0
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
  const middle = Buffer.from(text.slice(uuidEnd, from))
  const tail = Buffer.from(text.slice(to))
  shapes[oldest] = { middle, tail, signature: copySignature(signature) }
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
