import { describeError } from './describe-error.js'
import { MachineryError } from './machinery-error.js'
import { nearestName } from './nearest-name.js'

/** Options that are wrong or cannot work together; thrown at construction, not at first use. */
export class ConfigurationError extends MachineryError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('MACHINERY_CONFIGURATION', message, options)
  }
}

/** The adapter's declared capabilities exclude the request. */
export class UnsupportedError extends MachineryError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('MACHINERY_UNSUPPORTED', message, options)
  }
}

/** A task name that this process does not know was sent or received. */
export class TaskNotRegisteredError extends MachineryError {
  readonly taskName: string

  /** @param registered the names that are known, to say which was probably meant */
  constructor(taskName: string, registered: readonly string[] = []) {
    super('MACHINERY_TASK_NOT_REGISTERED', `Task not registered error: ${taskName}${nextStep(taskName, registered)}`)
    this.taskName = taskName
  }
}

function nextStep(taskName: string, registered: readonly string[]): string {
  const nearest = nearestName(taskName, registered)
  if (nearest !== undefined) return `. Did you mean ${nearest}?`
  const some = registered.slice(0, 10).join(', ')
  const known = registered.length > 10 ? `${some} and ${registered.length - 10} more` : some || 'no tasks'
  return `. This process has registered ${known}. Register it with registerTask() first.`
}

/** A message body that is not a signature, or a signature that must not travel. */
export class InvalidSignatureError extends MachineryError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('MACHINERY_INVALID_SIGNATURE', message, options)
  }
}

/** An argument or a result does not fit its declared type. Retrying cannot help, so it is never retried. */
export class InvalidArgumentError extends MachineryError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('MACHINERY_INVALID_ARGUMENT', message, options)
  }
}

/** What an adapter did when it failed. */
export interface AdapterFailure {
  /** The contract method that failed, for example `publish`. */
  readonly operation: string
  /** `rejected`: surely not done. `indeterminate`: it may have been done. */
  readonly outcome: 'rejected' | 'indeterminate'
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  readonly cause?: unknown
}

abstract class AdapterError extends MachineryError {
  readonly operation: string
  readonly outcome: 'rejected' | 'indeterminate'
  readonly retryable: boolean

  constructor(
    code: 'MACHINERY_BROKER' | 'MACHINERY_BACKEND' | 'MACHINERY_LOCK',
    message: string,
    failure: AdapterFailure,
  ) {
    super(code, message, { cause: failure.cause })
    this.operation = failure.operation
    this.outcome = failure.outcome
    this.retryable = failure.retryable
  }
}

/** A broker failed. */
export class BrokerError extends AdapterError {
  constructor(message: string, failure: AdapterFailure) {
    super('MACHINERY_BROKER', message, failure)
  }
}

/** A result backend failed. */
export class BackendError extends AdapterError {
  constructor(message: string, failure: AdapterFailure) {
    super('MACHINERY_BACKEND', message, failure)
  }
}

/** A lock failed, which is not the same as being held by somebody else. */
export class LockError extends AdapterError {
  constructor(message: string, failure: AdapterFailure) {
    super('MACHINERY_LOCK', message, failure)
  }
}

/** Something was used after `close()` or `quit()`. */
export class ClosedError extends MachineryError {
  constructor(what: string) {
    super('MACHINERY_CLOSED', `${what} is closed. Create a new one to go on.`)
  }
}

/** Waiting for a result took longer than allowed. The task goes on; wait again with a new handle at any time. */
export class ResultTimeoutError extends MachineryError {
  readonly uuid: string

  /** @param cause what reading the result failed with in the end; undefined where it worked */
  constructor(uuid: string, timeoutMs: number, what: 'task' | 'workflow' = 'task', cause?: unknown) {
    const failure = cause === undefined ? '' : ` Results could not be read: ${describeError(cause)}`
    super(
      'MACHINERY_RESULT_TIMEOUT',
      `Timeout reached: no result of ${what} ${uuid} within ${timeoutMs} ms. The ${what} may still finish; call get() again to go on waiting.${failure}`,
      cause === undefined ? undefined : { cause },
    )
    this.uuid = uuid
  }
}

/** The record of a task is gone: its time to live passed, or somebody deleted it. */
export class ResultExpiredError extends MachineryError {
  readonly uuid: string

  constructor(uuid: string) {
    super(
      'MACHINERY_RESULT_EXPIRED',
      `The result of task ${uuid} is gone: its record expired or was deleted. Raise resultsExpireIn if results are read later than that.`,
    )
    this.uuid = uuid
  }
}

/** The task ended in FAILURE. `message` is the stored error text. */
export class TaskFailedError extends MachineryError {
  readonly uuid: string
  readonly taskName: string

  constructor(uuid: string, taskName: string, message: string) {
    super('MACHINERY_TASK_FAILED', message)
    this.uuid = uuid
    this.taskName = taskName
  }
}

/** A task ran longer than its timeout. Its AbortSignal was aborted with this error. */
export class TaskTimeoutError extends MachineryError {
  readonly timeoutMs: number

  constructor(taskName: string, timeoutMs: number) {
    super('MACHINERY_TASK_TIMEOUT', `Task ${taskName} ran longer than its timeout of ${timeoutMs} ms.`)
    this.timeoutMs = timeoutMs
  }
}

/** The task was cancelled by itself. Its AbortSignal was aborted with this error, if it ran. */
export class TaskCancelledError extends MachineryError {
  readonly uuid: string

  constructor(uuid: string) {
    super('MACHINERY_TASK_CANCELLED', `Task ${uuid} was cancelled.`)
    this.uuid = uuid
  }
}

/** The workflow a task belongs to was cancelled. */
export class WorkflowCancelledError extends MachineryError {
  readonly uuid: string

  constructor(uuid: string) {
    super('MACHINERY_WORKFLOW_CANCELLED', `Workflow ${uuid} was cancelled.`)
    this.uuid = uuid
  }
}

/**
 * How `worker.launch()` ends when running tasks had to be given back: after a second signal, or the drain timeout. Their
 * `signal` was aborted with this error too.
 */
export class WorkerQuitError extends MachineryError {
  constructor() {
    super('MACHINERY_WORKER_QUIT', 'Worker quit abruptly: tasks that were running go back to the queue')
  }
}

/** Some members of a workflow could not be sent; the rest of it was cancelled. */
export class WorkflowNotSentError extends MachineryError {
  /** The tasks that were not sent, or may not have been, with the reason of each. */
  readonly notSent: readonly { readonly uuid: string; readonly error: unknown }[]

  constructor(total: number, notSent: readonly { readonly uuid: string; readonly error: unknown }[]) {
    const [first] = notSent
    const reason = first?.error instanceof Error ? first.error.message : String(first?.error)
    super(
      'MACHINERY_WORKFLOW_NOT_SENT',
      `${notSent.length} of ${total} tasks of the workflow were not sent and the rest was cancelled; the first, ${first?.uuid}: ${reason}`,
      { cause: first?.error },
    )
    this.notSent = notSent
  }
}
