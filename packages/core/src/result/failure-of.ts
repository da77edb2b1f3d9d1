import type { TaskState } from '../contracts/index.js'
import { TaskCancelledError, TaskFailedError, WorkflowCancelledError } from '../errors/index.js'

const cancelled = /^(Task|Workflow) (\S+) was cancelled\.$/

/** The error that a waiter gets for a FAILURE. */
export function failureOf(state: TaskState): TaskFailedError | TaskCancelledError | WorkflowCancelledError {
  const [, what, uuid] = cancelled.exec(state.error) ?? []
  if (uuid === undefined) return new TaskFailedError(state.taskUuid, state.taskName, state.error)
  return what === 'Task' ? new TaskCancelledError(uuid) : new WorkflowCancelledError(uuid)
}
