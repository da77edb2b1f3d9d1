import { InvalidSignatureError } from '../errors/index.js'
import { escapeGoString } from './escape-go-string.js'
import { callbacksTooDeep, fieldError } from './field-error.js'
import { maxCallbackDepth } from './limits.js'
import type { HeaderValue, Signature, SignatureArg } from './signature.js'
import { compareUtf8 } from './stringify-json.js'
import { formatTime } from './time.js'
import { encodeUtf8 } from './utf8.js'
import { writeArgValue } from './write-arg-value.js'

/** What was written of callbacks that many signatures share, such as that of a chord. */
export type WrittenCallbacks = Map<Signature, string>

/**
 * The body of a message: all 19 keys in Go's order and Go's zero forms. The receipt handle of SQS never travels.
 * @throws InvalidSignatureError, naming field and value, for what would crash or confuse a worker in Go
 */
export function encodeSignature(signature: Signature): Uint8Array {
  return encodeUtf8(writeSignature(signature, 0))
}

/**
 * Like `encodeSignature`, as text.
 * @param written of callbacks, by signatures before; none of them may have changed since
 */
export function encodeSignatureText(signature: Signature, written?: WrittenCallbacks): string {
  return writeSignature(signature, 0, written)
}

function writeSignature(s: Signature, depth: number, written?: WrittenCallbacks): string {
  if (depth > maxCallbackDepth) throw callbacksTooDeep('encode', maxCallbackDepth)
  // Callbacks between signatures that are alike would only displace what is kept of these.
  const isAlike = depth === 0 && s.eta === null
  return (
    `{"UUID":${text(s, 'uuid')}${isAlike ? familiarMiddle(s) : middle(s)}${args(s)}` +
    `,"Headers":${s.headers === null ? 'null' : isAlike ? familiarHeaders(s, s.headers) : headers(s, s.headers)}` +
    (isOrdinary(s) ? ordinaryRest : rest(s, depth, written))
  )
}

function middle(s: Signature): string {
  return (
    `,"Name":${text(s, 'name')},"RoutingKey":${text(s, 'routingKey')}` +
    `,"ETA":${s.eta === null ? 'null' : eta(s, s.eta)}` +
    `,"GroupUUID":${text(s, 'groupUuid')},"GroupTaskCount":${integer(s, 'groupTaskCount')},"Args":`
  )
}

// Signatures are written many at once, and those of one task or group mostly: what they have in common is kept.
let lastMiddle = ''
let lastOf: Pick<Signature, 'name' | 'routingKey' | 'groupUuid' | 'groupTaskCount'> | undefined

function familiarMiddle(s: Signature): string {
  const { name, routingKey, groupUuid, groupTaskCount } = s
  if (
    lastOf?.name !== name ||
    lastOf.routingKey !== routingKey ||
    lastOf.groupUuid !== groupUuid ||
    lastOf.groupTaskCount !== groupTaskCount
  ) {
    lastMiddle = middle(s)
    lastOf = { name, routingKey, groupUuid, groupTaskCount }
  }
  return lastMiddle
}

/** Whether all keys from Priority on have their zero values, as in most messages. */
function isOrdinary(s: Signature): boolean {
  return (
    s.priority === 0 &&
    s.retryCount === 0 &&
    s.retryTimeout === 0 &&
    s.immutable === false &&
    s.onSuccess.length === 0 &&
    s.onError.length === 0 &&
    s.chordCallback === null &&
    s.brokerMessageGroupId === '' &&
    s.stopTaskDeletionOnError === false &&
    s.ignoreWhenTaskNotRegistered === false
  )
}

const ordinaryRest =
  ',"Priority":0,"Immutable":false,"RetryCount":0,"RetryTimeout":0,"OnSuccess":null,"OnError":null' +
  ',"ChordCallback":null,"BrokerMessageGroupId":"","SQSReceiptHandle":""' +
  ',"StopTaskDeletionOnError":false,"IgnoreWhenTaskNotRegistered":false}'

function rest(s: Signature, depth: number, written: WrittenCallbacks | undefined): string {
  return (
    `,"Priority":${priority(s)},"Immutable":${boolean(s, 'immutable')}` +
    `,"RetryCount":${integer(s, 'retryCount')},"RetryTimeout":${integer(s, 'retryTimeout')}` +
    `,"OnSuccess":${callbacks(s, 'onSuccess', depth)},"OnError":${callbacks(s, 'onError', depth)}` +
    `,"ChordCallback":${s.chordCallback === null ? 'null' : chordCallback(s.chordCallback, depth + 1, written)}` +
    `,"BrokerMessageGroupId":${text(s, 'brokerMessageGroupId')},"SQSReceiptHandle":""` +
    `,"StopTaskDeletionOnError":${boolean(s, 'stopTaskDeletionOnError')}` +
    `,"IgnoreWhenTaskNotRegistered":${boolean(s, 'ignoreWhenTaskNotRegistered')}}`
  )
}

function chordCallback(callback: Signature, depth: number, written: WrittenCallbacks | undefined): string {
  const known = written?.get(callback)
  if (known !== undefined) return known
  const text = writeSignature(callback, depth)
  written?.set(callback, text)
  return text
}

type TextField = 'uuid' | 'name' | 'routingKey' | 'groupUuid' | 'brokerMessageGroupId'

function text(s: Signature, field: TextField): string {
  const value = s[field]
  if (value === '') return '""'
  if (typeof value === 'string') return escapeGoString(value)
  throw refused(s, field, value, 'a string')
}

function eta(s: Signature, value: Date): string {
  try {
    return `"${formatTime(value)}"`
  } catch {
    throw refused(s, 'eta', value, 'null or a Date in the years 1 to 9999')
  }
}

function integer(s: Signature, field: 'groupTaskCount' | 'retryCount' | 'retryTimeout'): string {
  if (Number.isSafeInteger(s[field])) return `${s[field]}`
  throw refused(s, field, s[field], 'an integer')
}

type BooleanField = 'immutable' | 'stopTaskDeletionOnError' | 'ignoreWhenTaskNotRegistered'

function boolean(s: Signature, field: BooleanField): string {
  if (typeof s[field] === 'boolean') return `${s[field]}`
  throw refused(s, field, s[field], 'a boolean')
}

function priority(s: Signature): string {
  if (Number.isInteger(s.priority) && s.priority >= 0 && s.priority <= 255) return `${s.priority}`
  throw refused(s, 'priority', s.priority, 'an integer from 0 to 255')
}

function args(s: Signature): string {
  if (s.args.length === 0) return 'null'
  let list = '['
  for (let i = 0; i < s.args.length; i++) {
    list += (i === 0 ? '{"Name":' : ',{"Name":') + arg(s, s.args[i] as SignatureArg, i)
  }
  return `${list}]`
}

function arg(s: Signature, { name, type, value }: SignatureArg, i: number): string {
  try {
    return `${name ? escapeGoString(name) : '""'},"Type":${escapeGoString(type)},"Value":${writeArgValue(type, value)}}`
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InvalidSignatureError(`Cannot encode task "${s.name}": args[${i}] (${type}): ${reason}`, { cause: error })
  }
}

let lastHeaders = '{}'
let lastKeys: readonly string[] = []
let lastValues: readonly unknown[] = []

function familiarHeaders(s: Signature, record: Record<string, HeaderValue>): string {
  const keys = Object.keys(record)
  if (keys.length === lastKeys.length && keys.every((key, i) => key === lastKeys[i] && record[key] === lastValues[i]))
    return lastHeaders
  lastHeaders = headers(s, record)
  lastKeys = keys
  lastValues = keys.map((key) => record[key])
  return lastHeaders
}

function headers(s: Signature, record: Record<string, HeaderValue>): string {
  const keys = Object.keys(record)
  if (keys.length > 1) keys.sort(compareUtf8)
  let list = '{'
  for (const key of keys) {
    list += `${list.length === 1 ? '' : ','}${escapeGoString(key)}:${header(s, key, record[key])}`
  }
  return `${list}}`
}

function header(s: Signature, key: string, value: unknown): string {
  if (typeof value === 'string') return escapeGoString(value)
  if (typeof value === 'boolean' || value === null) return `${value}`
  throw refused(s, `headers[${JSON.stringify(key)}]`, value, 'a string, a boolean or null')
}

function callbacks(s: Signature, field: 'onSuccess' | 'onError', depth: number): string {
  if (s[field].length === 0) return 'null'
  let list = '['
  for (const callback of s[field]) {
    if (!callback) throw refused(s, `${field}[]`, callback, 'a signature')
    list += (list.length === 1 ? '' : ',') + writeSignature(callback, depth + 1)
  }
  return `${list}]`
}

function refused(s: Signature, field: string, value: unknown, wanted: string): InvalidSignatureError {
  return fieldError('encode', s, field, value, wanted)
}
