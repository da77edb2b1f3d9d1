import { parseRecord } from './parse-record.js'
import { decodeUtf8 } from './utf8.js'
import { exactFields, keyTable } from './wire-fields.js'

const keys = keyTable('RoutingKey')

/**
 * The routing key of a message body, for adapters that move delayed messages without reading them further; empty where
 * the message names none, `undefined` where the body is no signature.
 */
export function peekRoutingKey(body: Uint8Array): string | undefined {
  try {
    const { RoutingKey: key } = exactFields(parseRecord(decodeUtf8(body), 'tasks.Signature'), keys)
    return key === null ? '' : typeof key === 'string' ? key : undefined
  } catch {
    return undefined
  }
}
