import { createHash } from 'node:crypto'

/** What a message is known by in the hash of delivery counts. The same as `fingerprintLua`. */
export function fingerprint(body: Buffer): string {
  const hash = createHash('sha1')
  if (body.length <= 8_192) return hash.update(body).digest('hex')
  // The UUID is at the head. Hashing all of a large body would hold the server up.
  return hash.update(`${body.length}:`).update(body.subarray(0, 4_096)).update(body.subarray(-4_096)).digest('hex')
}
