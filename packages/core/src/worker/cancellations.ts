import type { CancelNotifier, Logger } from '../contracts/index.js'
import { describeError, WorkflowCancelledError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'
import { workflowUuidOf } from '../workflow/index.js'

/** The most cancelled workflows remembered at once. */
const REMEMBERED = 1_000

/**
 * Hears of cancelled workflows. Tasks that did not start are held back by their states, which cancelling sets to FAILURE;
 * this is for those that run, or are about to.
 */
export class Cancellations {
  readonly #canceller: CancelNotifier | undefined
  readonly #logger: Logger
  readonly #abort: (workflowUuid: string, reason: Error) => void
  readonly #cancelled = new Set<string>()
  #subscription: Promise<() => Promise<void>> | undefined

  /** @param abort aborts the running tasks of a workflow */
  constructor(
    canceller: CancelNotifier | undefined,
    logger: Logger,
    abort: (workflowUuid: string, reason: Error) => void,
  ) {
    this.#canceller = canceller
    this.#logger = logger
    this.#abort = abort
  }

  /** Why `signature` must not start any more; undefined: it may. Starts listening with the first task of a workflow. */
  reasonAgainst(signature: Signature): Error | undefined {
    if (this.#canceller === undefined) return undefined
    const uuid = workflowUuidOf(signature)
    if (uuid === undefined) return undefined
    this.#listen(this.#canceller)
    return this.#cancelled.has(uuid) ? new WorkflowCancelledError(uuid) : undefined
  }

  async close(): Promise<void> {
    const end = await this.#subscription?.catch(() => undefined)
    await end?.().catch(() => undefined)
  }

  #listen(canceller: CancelNotifier): void {
    if (this.#subscription !== undefined) return
    const subscribe = async () =>
      canceller.onCancelled((uuid) => {
        this.#cancelled.add(uuid)
        if (this.#cancelled.size > REMEMBERED) this.#cancelled.delete(this.#cancelled.keys().next().value as string)
        this.#abort(uuid, new WorkflowCancelledError(uuid))
      })
    this.#subscription = subscribe()
    this.#subscription.catch((error: unknown) => {
      this.#subscription = undefined
      this.#logger.warn(
        `Cannot listen for cancelled workflows; running tasks of one are not stopped: ${describeError(error)}`,
      )
    })
  }
}
