import type { Signature } from './signature.js'

/**
 * What this library's own headers begin with. Headers are the only part of a signature through which private data
 * survives a pass through Go, as text only.
 */
export const privatePrefix = 'machinery-ts-'

// Each key once, as a text that property look-ups know by its address: built anew, it would be hashed at each look-up.
const keys = new Map<string, string>()

/** The text of one of this library's own headers, `name` without the prefix, or undefined. */
export function getPrivateHeader(signature: Signature, name: string): string | undefined {
  if (signature.headers === null) return undefined
  let key = keys.get(name)
  if (key === undefined) {
    key = privatePrefix + name
    keys.set(name, key)
  }
  const value = signature.headers[key]
  return typeof value === 'string' ? value : undefined
}

/** A shallow copy of the signature with one of this library's own headers set. */
export function withPrivateHeader(signature: Signature, name: string, value: string): Signature {
  return { ...signature, headers: { ...signature.headers, [privatePrefix + name]: value } }
}

/** On a chord's callback: `silent` asks for Go's behaviour, where a failed member ends the chord without a word. */
export const memberFailureHeader = 'member-failure'
