import type { CancelNotifier, Logger } from '../contracts/index.js'
import { describeError, isMachineryError, TaskCancelledError, WorkflowCancelledError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'
import { workflowUuidOf } from '../workflow/index.js'

/** The most cancelled tasks and workflows remembered at once. */
const REMEMBERED = 1_000

/**
 * Hears of cancelled tasks and workflows. Tasks that did not start are held back by their states, which cancelling sets to
 * FAILURE; this is for those that run, or are about to.
 */
export class Cancellations {
  readonly #canceller: CancelNotifier | undefined
  readonly #logger: Logger
  readonly #abort: (reason: Error, which: (signature: Signature) => boolean) => void
  /** By UUID of a task or workflow: when it was heard (`performance.now()`). */
  readonly #heardAt = new Map<string, number>()
  #subscription: Promise<() => Promise<void>> | undefined

  /** @param abort aborts the running tasks that `which` picks */
  constructor(
    canceller: CancelNotifier | undefined,
    logger: Logger,
    abort: (reason: Error, which: (signature: Signature) => boolean) => void,
  ) {
    this.#canceller = canceller
    this.#logger = logger
    this.#abort = abort
  }

  /** Starts listening, unless it does already. */
  listen(): void {
    if (this.#canceller === undefined || this.#subscription !== undefined) return
    const canceller = this.#canceller
    const subscribe = async () => canceller.onCancelled((uuid) => this.#heard(uuid))
    this.#subscription = subscribe()
    this.#subscription.catch((error: unknown) => {
      this.#subscription = undefined
      this.#logger.warn(
        `Cannot listen for cancelled tasks and workflows; those that run are not stopped: ${describeError(error)}`,
      )
    })
  }

  /** Why a task that was received at `receivedAt` (`performance.now()`) must not start any more; undefined: it may. */
  reasonAgainst(signature: Signature, receivedAt: number): Error | undefined {
    this.listen()
    if (this.#heardAt.size === 0) return undefined
    // What was cancelled before that has an end in the backend; if it has none any more, it was sent to run once more.
    const heardAt = this.#heardAt.get(signature.uuid)
    if (heardAt !== undefined && heardAt >= receivedAt) return new TaskCancelledError(signature.uuid)
    const workflowUuid = workflowUuidOf(signature)
    if (workflowUuid === undefined || !this.#heardAt.has(workflowUuid)) return undefined
    return new WorkflowCancelledError(workflowUuid)
  }

  async close(): Promise<void> {
    const end = await this.#subscription?.catch(() => undefined)
    await end?.().catch(() => undefined)
  }

  #heard(uuid: string): void {
    this.#heardAt.set(uuid, performance.now())
    if (this.#heardAt.size > REMEMBERED) this.#heardAt.delete(this.#heardAt.keys().next().value as string)
    this.#abort(new TaskCancelledError(uuid), (signature) => signature.uuid === uuid)
    this.#abort(new WorkflowCancelledError(uuid), (signature) => workflowUuidOf(signature) === uuid)
  }
}

/** Whether `error` says that this very task, or its workflow, was cancelled: one that it waited for is another matter. */
export function isCancelledBy(error: unknown, signature: Signature): boolean {
  if (isMachineryError(error, 'MACHINERY_TASK_CANCELLED')) return 'uuid' in error && error.uuid === signature.uuid
  if (!isMachineryError(error, 'MACHINERY_WORKFLOW_CANCELLED') || !('uuid' in error)) return false
  return error.uuid === workflowUuidOf(signature)
}
