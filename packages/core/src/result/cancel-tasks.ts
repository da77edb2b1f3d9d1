import type { Backend, CancelNotifier } from '../contracts/index.js'
import { UnsupportedError } from '../errors/index.js'
import { type EndingTask, failTasks } from './fail-tasks.js'
import { lifeFrom, type ResultSource } from './wait-for-states.js'

/** What handles need to cancel. */
export interface CancelParts extends ResultSource {
  readonly backend: Backend
  /** Carries cancellations, where the backend can. */
  readonly canceller: CancelNotifier | undefined
  /** Where this process hears of results, if the backend can push them. */
  readonly replyAddress: string | undefined
}

/**
 * What carries the cancellation of `subject`, a task or workflow.
 * @throws UnsupportedError where nothing does
 */
export function cancellerOf({ backend, canceller }: CancelParts, subject: string): CancelNotifier {
  if (canceller !== undefined) return canceller
  throw new UnsupportedError(
    `Cannot cancel ${subject}: the ${backend.name} backend carries no cancellations. Use one that does.`,
  )
}

/** Whose cancellation workers are told of, the error of its tasks, and when these may start at the earliest. */
export interface Cancellation {
  readonly uuid: string
  readonly error: Error
  readonly notBefore: Date | null | undefined
}

/**
 * Ends tasks in FAILURE, unless they ended already, and tells workers that run them.
 * @throws BackendError when some may not have been cancelled
 */
export async function cancelTasks(
  parts: CancelParts,
  canceller: CancelNotifier,
  tasks: readonly EndingTask[],
  { uuid, error, notBefore }: Cancellation,
): Promise<void> {
  const { backend, replyAddress } = parts
  // States first: a worker that did not hear of it in time finds them.
  await failTasks(backend, tasks, error.message, {
    expiresInMs: lifeFrom(parts, notBefore),
    ...(replyAddress !== undefined && { replyTo: replyAddress }),
  })
  await canceller.cancel(uuid)
}
