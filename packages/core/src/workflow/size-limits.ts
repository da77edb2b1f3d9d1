import { UnsupportedError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'
import { maxCallbackDepth } from '../signature/limits.js'

/** Some 16 MiB of JSON, which is the largest body that is decoded. */
const MAX_SIGNATURES = 50_000

interface Size {
  readonly signatures: number
  readonly depth: number
}

/**
 * Counts what each signature carries inside, counted as often as it is written out: all that follows a chord is copied
 * into each of its members, so chords in a row multiply.
 */
export class SizeLimits {
  readonly #sizes = new Map<Signature, Size>()

  /**
   * Measures a signature whose callbacks were measured before.
   * @throws UnsupportedError when its message would be too large or too deep to be read
   */
  check(signature: Signature): void {
    const { onSuccess, onError, chordCallback } = signature
    if (onSuccess.length + onError.length === 0 && chordCallback === null) return
    let signatures = 1
    let depth = 0
    const callbacks = [...onSuccess, ...onError]
    if (chordCallback !== null) callbacks.push(chordCallback)
    for (const callback of callbacks) {
      const size = this.#sizes.get(callback) ?? { signatures: 1, depth: 0 }
      signatures += size.signatures
      depth = Math.max(depth, size.depth + 1)
    }
    if (depth > maxCallbackDepth) {
      throw new UnsupportedError(
        `More than ${maxCallbackDepth} tasks follow task ${signature.name} one after the other, and all of them travel inside its ` +
          'message. Let a late task send the rest as a workflow of its own.',
      )
    }
    if (signatures > MAX_SIGNATURES) {
      throw new UnsupportedError(
        `The message of task ${signature.name} would carry ${signatures} signatures, at most ${MAX_SIGNATURES} are ` +
          'possible: what follows a group is copied into each of its members. Let the callback send the rest as a ' +
          'workflow of its own.',
      )
    }
    this.#sizes.set(signature, { signatures, depth })
  }
}
