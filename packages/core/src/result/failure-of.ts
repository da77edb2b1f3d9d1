import type { TaskState } from '../contracts/index.js'
import { TaskFailedError, WorkflowCancelledError } from '../errors/index.js'

const cancelled = /^Workflow (\S+) was cancelled\.$/

/** The error that a waiter gets for a FAILURE. */
export function failureOf(state: TaskState): TaskFailedError | WorkflowCancelledError {
  const workflowUuid = cancelled.exec(state.error)?.[1]
  if (workflowUuid !== undefined) return new WorkflowCancelledError(workflowUuid)
  return new TaskFailedError(state.taskUuid, state.taskName, state.error)
}
