import { maxCallbackDepth } from './limits.js'
import type { HeaderValue, Signature, SignatureArg } from './signature.js'
import { stringifyJson } from './stringify-json.js'
import { parseTime, type WireDate } from './time.js'
import {
  exactFields,
  isRecord,
  jsonKind,
  keyTable,
  readBoolean,
  readByte,
  readInteger,
  readList,
  readRecord,
  readText,
} from './wire-fields.js'

const signatureKeys = keyTable(
  'UUID',
  'Name',
  'RoutingKey',
  'ETA',
  'GroupUUID',
  'GroupTaskCount',
  'Args',
  'Headers',
  'Priority',
  'Immutable',
  'RetryCount',
  'RetryTimeout',
  'OnSuccess',
  'OnError',
  'ChordCallback',
  'BrokerMessageGroupId',
  'SQSReceiptHandle',
  'StopTaskDeletionOnError',
  'IgnoreWhenTaskNotRegistered',
)
const argKeys = keyTable('Name', 'Type', 'Value')

/**
 * The signature in parsed JSON. `path` is where it was found, for messages.
 * @throws TypeError, RangeError or InvalidArgumentError, in Go's words
 */
export function readSignature(record: object, path: string, depth: number): Signature {
  if (depth > maxCallbackDepth) throw new RangeError(`its callbacks nest deeper than ${maxCallbackDepth} levels`)
  const wire = exactFields(record, signatureKeys)
  return {
    uuid: readText(wire.UUID, path, 'UUID'),
    name: readText(wire.Name, path, 'Name'),
    routingKey: readText(wire.RoutingKey, path, 'RoutingKey'),
    eta: wire.ETA === null ? null : readEta(wire.ETA),
    groupUuid: readText(wire.GroupUUID, path, 'GroupUUID'),
    groupTaskCount: readInteger(wire.GroupTaskCount, path, 'GroupTaskCount'),
    args: readArgs(wire.Args, path),
    headers: readHeaders(wire.Headers, path),
    priority: readByte(wire.Priority, path, 'Priority'),
    immutable: readBoolean(wire.Immutable, path, 'Immutable'),
    retryCount: readInteger(wire.RetryCount, path, 'RetryCount'),
    retryTimeout: readInteger(wire.RetryTimeout, path, 'RetryTimeout'),
    onSuccess: readCallbacks(wire.OnSuccess, path, 'OnSuccess', depth),
    onError: readCallbacks(wire.OnError, path, 'OnError', depth),
    chordCallback:
      wire.ChordCallback === null ? null : readCallback(wire.ChordCallback, `${path}.ChordCallback`, depth),
    brokerMessageGroupId: readText(wire.BrokerMessageGroupId, path, 'BrokerMessageGroupId'),
    sqsReceiptHandle: readText(wire.SQSReceiptHandle, path, 'SQSReceiptHandle'),
    stopTaskDeletionOnError: readBoolean(wire.StopTaskDeletionOnError, path, 'StopTaskDeletionOnError'),
    ignoreWhenTaskNotRegistered: readBoolean(wire.IgnoreWhenTaskNotRegistered, path, 'IgnoreWhenTaskNotRegistered'),
  }
}

/** The arguments in parsed JSON. A name is kept only where there is one. */
export function readArgs(value: unknown, path: string): SignatureArg[] {
  const list = readList(value, path, 'Args', '[]tasks.Arg')
  if (list === undefined) return []
  return list.map((item) => {
    const wire = exactFields(readRecord(item, path, 'Args', 'tasks.Arg') ?? {}, argKeys)
    const name = readText(wire.Name, path, 'Args.Name')
    const type = readText(wire.Type, path, 'Args.Type')
    return makeArg(name, type, wire.Value)
  })
}

export function makeArg(name: string, type: string, value: unknown): SignatureArg {
  return name === '' ? { type, value } : { name, type, value }
}

/** The headers in parsed JSON. What is not text, a boolean or null becomes its JSON text. */
export function readHeaders(value: unknown, path: string): Record<string, HeaderValue> | null {
  const record = readRecord(value, path, 'Headers', 'tasks.Headers')
  if (record === undefined) return null
  const entries = Object.entries(record)
  if (entries.every(([, item]) => isHeaderValue(item))) return record as Record<string, HeaderValue>
  return Object.fromEntries(entries.map(([key, item]) => [key, isHeaderValue(item) ? item : stringifyJson(item)]))
}

function isHeaderValue(value: unknown): value is HeaderValue {
  return typeof value === 'string' || typeof value === 'boolean' || value === null
}

function readEta(value: unknown): WireDate {
  if (typeof value !== 'string') throw new TypeError('Time.UnmarshalJSON: input is not a JSON string')
  return parseTime(value)
}

function readCallbacks(value: unknown, path: string, field: string, depth: number): Signature[] {
  const list = readList(value, path, field, '[]*tasks.Signature')
  return list === undefined ? [] : list.map((item) => readCallback(item, `${path}.${field}`, depth))
}

function readCallback(value: unknown, path: string, depth: number): Signature {
  if (value === null) throw new TypeError(`${path} contains null, which would crash a worker in Go`)
  if (isRecord(value)) return readSignature(value, path, depth + 1)
  throw new TypeError(`json: cannot unmarshal ${jsonKind(value)} into Go struct field ${path} of type tasks.Signature`)
}
