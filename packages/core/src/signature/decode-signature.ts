import { InvalidSignatureError } from '../errors/index.js'
import { maxBodyBytes } from './limits.js'
import { matchSignature } from './match-signature.js'
import { parseRecord } from './parse-record.js'
import { readSignature } from './read-signature.js'
import type { Signature } from './signature.js'
import { matchShape } from './signature-shapes.js'
import { undecodable } from './undecodable.js'
import { decodeUtf8 } from './utf8.js'

export interface DecodeOptions {
  /**
   * The largest body to look at, in bytes.
   * @default 16_777_216
   */
  readonly maxBytes?: number
  /**
   * How deep lists and objects may nest. Each step of a chain costs two levels.
   * @default 2_210
   */
  readonly maxDepth?: number
}

/**
 * Reads a message body. Accepts what Machinery in Go accepts, and refuses what would crash it: null among callbacks.
 * Numbers keep all their digits (`bigint`, `RawNumber`), an ETA keeps its text (`WireDate`). A header that is a number,
 * list or object becomes its JSON text, since only text can be forwarded over every broker.
 *
 * @throws InvalidSignatureError for every body that cannot be read, and nothing else
 */
export function decodeSignature(body: Uint8Array, options?: DecodeOptions): Signature {
  const maxBytes = options?.maxBytes ?? maxBodyBytes
  try {
    if (body.length > maxBytes) throw new RangeError(`it has ${body.length} bytes, and at most ${maxBytes} are read`)
    const isOrdinary = options?.maxDepth === undefined
    const familiar = isOrdinary ? matchShape(body) : undefined
    if (familiar !== undefined) return familiar
    const text = decodeUtf8(body)
    const ordinary = isOrdinary ? matchSignature(text) : undefined
    return ordinary ?? readSignature(parseRecord(text, 'tasks.Signature', options?.maxDepth), 'Signature', 0)
  } catch (error) {
    throw new InvalidSignatureError(undecodable(body, 'a task signature', error as Error), { cause: error })
  }
}
