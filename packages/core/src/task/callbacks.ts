import { UnsupportedError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'
import { localFacts, setLocalFacts } from './local-facts.js'

/**
 * Whether a parent has to be `immutable` for the sake of these callbacks: all were made by `.si(…)`.
 * A parent without results needs no such thing.
 * @throws UnsupportedError when only some were, as a signature has one flag for all its callbacks
 */
export function passesNothingTo(parent: Signature, callbacks: readonly Signature[]): boolean {
  if (localFacts(parent).results?.length === 0) return false
  const independent = callbacks.find((callback) => localFacts(callback).takesNothing === true)
  if (independent === undefined) return false
  const taking = callbacks.find((callback) => localFacts(callback).takesNothing !== true)
  if (taking === undefined) return true
  const place = (callback: Signature): string =>
    `${callback.name} (number ${callbacks.indexOf(callback) + 1} of what follows)`
  throw new UnsupportedError(
    `Task ${parent.name} cannot pass its results to ${place(taking)} but not to ${place(independent)}: a signature has one ` +
      'immutable flag for all that follow it. Let all of them take its results, or none (.si), or put a task in between.',
  )
}

/** @throws UnsupportedError when a signature that is sent by another task has a delay, which nobody could count */
export function refuseDelay(callback: Signature): void {
  const { delayMs } = localFacts(callback)
  if (delayMs === undefined) return
  throw new UnsupportedError(
    `Task ${callback.name} has a delay of ${delayMs} ms and follows another task: a signature carries a fixed instant, ` +
      'so the delay cannot be counted from the task before it. Use eta, or let that task send it.',
  )
}

/** The signature with its delay turned into an ETA, counted from `nowMs`; the same object when it has none. */
export function resolveDelay(signature: Signature, nowMs: number): Signature {
  const known = localFacts(signature)
  if (known.delayMs === undefined) return signature
  const { delayMs, ...facts } = known
  const copy: Signature = { ...signature, eta: new Date(nowMs + delayMs) }
  setLocalFacts(copy, facts)
  return copy
}
