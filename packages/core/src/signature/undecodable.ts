import { decodeUtf8 } from './utf8.js'
import { toWellFormed } from './well-formed.js'

const shownChars = 200

/** The message for a body that cannot be read, in Machinery's words, with no more of the body than helps. */
export function undecodable(body: string | Uint8Array, into: string, cause: Error): string {
  const shown = typeof body === 'string' ? body : decodeUtf8(body.subarray(0, shownChars * 4))
  return `Could not unmarshal '${toWellFormed(shown.slice(0, shownChars))}' into ${into}: ${cause.message}`
}
