import type { Signature } from '../signature/index.js'
import type { AnyDescriptor } from './descriptor.js'

// A registered symbol, so that two installed copies of this library understand each other's signatures.
const key: unique symbol = Symbol.for('machinery.localFacts') as never

/**
 * What this process knows about a signature beside what travels. Kept under a symbol: a spread copies it, JSON and the
 * wire do not see it.
 */
export interface LocalFacts {
  /** The declared results of the task: how to read them, and whether there are any. */
  readonly results?: readonly AnyDescriptor[]
  /** A delay that is counted from the moment of sending, in milliseconds. */
  readonly delayMs?: number
  /** Made by `.si(…)`: results of the step before are not appended to its arguments. */
  readonly takesNothing?: boolean
  /** `immutable` was set for the sake of its `onSuccess`, not by the user. */
  readonly immutableForCallbacks?: boolean
}

type WithFacts = Signature & { [key]?: LocalFacts }

const none: LocalFacts = Object.freeze({})

export function localFacts(signature: Signature): LocalFacts {
  return (signature as WithFacts)[key] ?? none
}

/** Sets the facts on `signature` itself. */
export function setLocalFacts(signature: Signature, facts: LocalFacts): void {
  ;(signature as WithFacts)[key] = facts
}
