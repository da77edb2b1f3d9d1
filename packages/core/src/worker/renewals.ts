import type { Clock, Logger, RecordRenewer } from '../contracts/index.js'
import { describeError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'

/** Records are renewed this many times within their life: one that is missed does not matter. */
const RENEWALS_PER_LIFE = 3

export interface RenewalsParts {
  readonly renewer: RecordRenewer | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** How long records live, in milliseconds. */
  readonly expiresInMs: () => number
  /** What this worker has at hand. */
  readonly signatures: () => Iterable<Signature>
}

/**
 * Keeps the records of tasks that run for long from expiring under them, and those of the groups that wait for them.
 * The timer is there only while the worker has something at hand.
 */
export class Renewals {
  readonly #parts: RenewalsParts
  #cancelTimer: (() => void) | undefined

  constructor(parts: RenewalsParts) {
    this.#parts = parts
  }

  /** Call it when the worker takes something in hand. */
  start(): void {
    const { clock, expiresInMs, renewer } = this.#parts
    if (renewer === undefined || this.#cancelTimer !== undefined) return
    this.#cancelTimer = clock.setTimer(() => {
      this.#cancelTimer = undefined
      void this.#renew(renewer)
    }, expiresInMs() / RENEWALS_PER_LIFE)
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  async #renew(renewer: RecordRenewer): Promise<void> {
    const { expiresInMs, logger, signatures } = this.#parts
    const taskUuids: string[] = []
    const groupUuids = new Set<string>()
    for (const signature of signatures()) {
      taskUuids.push(signature.uuid)
      collectGroups(signature, groupUuids)
    }
    if (taskUuids.length === 0) return
    this.start()
    try {
      await renewer.renewRecords({ taskUuids, groupUuids: [...groupUuids] }, expiresInMs())
    } catch (error) {
      logger.warn(`The records of ${taskUuids.length} running tasks were not renewed: ${describeError(error)}`)
    }
  }
}

/** The groups that wait for a signature or for what follows it. */
function collectGroups(signature: Signature, into: Set<string>): void {
  if (signature.groupUuid !== '') into.add(signature.groupUuid)
  for (const next of signature.onSuccess) collectGroups(next, into)
  if (signature.chordCallback !== null) collectGroups(signature.chordCallback, into)
}
