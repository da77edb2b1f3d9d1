import { type HeaderValue, privatePrefix, type Signature } from '../signature/index.js'
import { localFacts, refuseDelay } from '../task/index.js'
import { isGenerated, type WorkflowIds } from './ids.js'
import type { SizeLimits } from './size-limits.js'

/** The private header that says to which workflow a signature belongs. */
export const workflowHeader: string = `${privatePrefix}workflow`

/** The workflow a signature belongs to: what cancelling goes by. Only those of `chain`, `group` and `chord` have one. */
export function workflowUuidOf(signature: Signature): string | undefined {
  const uuid = signature.headers?.[workflowHeader]
  return typeof uuid === 'string' ? uuid : undefined
}

/** Makes the compiler's own copies of signatures, each with an id of its own, callbacks included. */
export class Drafts {
  readonly #ids: WorkflowIds
  readonly #workflowUuid: string
  readonly #limits: SizeLimits
  readonly #seen = new Set<string>()

  /** @param workflowUuid goes into the private header of every copy; empty for none */
  constructor(ids: WorkflowIds, workflowUuid: string, limits: SizeLimits) {
    this.#ids = ids
    this.#workflowUuid = workflowUuid
    this.#limits = limits
  }

  /**
   * A copy to work on.
   * @param isChordCallback only decides what a made-up UUID looks like
   * @throws TypeError when its UUID was set by the user and occurs twice
   */
  copy(source: Signature, isChordCallback: boolean): Signature {
    const draft: Signature = { ...source, uuid: this.#uuid(source, isChordCallback), headers: this.#headers(source) }
    draft.onSuccess = source.onSuccess.map((callback) => this.#callback(callback))
    draft.onError = source.onError.map((callback) => this.#callback(callback))
    if (source.chordCallback !== null) draft.chordCallback = this.#chordCallback(source)
    this.#limits.check(draft)
    return draft
  }

  #callback(source: Signature): Signature {
    refuseDelay(source)
    return this.copy(source, false)
  }

  // Members of a group that was linked by hand share their callback: it is one task, however often it is met.
  readonly #chordCallbacks = new Map<Signature, Signature>()

  #chordCallback({ chordCallback: source }: Signature): Signature | null {
    if (source === null) return null
    const known = this.#chordCallbacks.get(source)
    if (known !== undefined) return known
    refuseDelay(source)
    const draft = this.copy(source, true)
    this.#chordCallbacks.set(source, draft)
    return draft
  }

  #uuid({ uuid, name }: Signature, isChordCallback: boolean): string {
    const isTaken = this.#seen.has(uuid)
    if (isTaken && !isGenerated(uuid)) {
      throw new TypeError(
        `UUID ${uuid} (task ${name}) occurs twice in one workflow. Give each signature its own, or none to have one made.`,
      )
    }
    const own = uuid !== '' && !isTaken ? uuid : isChordCallback ? this.#ids.chord() : this.#ids.task()
    this.#seen.add(own)
    return own
  }

  #headers({ headers }: Signature): Record<string, HeaderValue> | null {
    return this.#workflowUuid === '' ? headers : { ...headers, [workflowHeader]: this.#workflowUuid }
  }
}

/** Whether the user set `immutable` himself. */
export function isImmutableByUser(source: Signature): boolean {
  return source.immutable && localFacts(source).immutableForCallbacks !== true
}
