export { MachineryError, isMachineryError } from './machinery-error.js'
export type { MachineryErrorCode } from './machinery-error.js'
export {
  BackendError,
  BrokerError,
  ClosedError,
  ConfigurationError,
  InvalidArgumentError,
  InvalidSignatureError,
  LockError,
  ResultExpiredError,
  ResultTimeoutError,
  TaskFailedError,
  TaskNotRegisteredError,
  TaskTimeoutError,
  UnsupportedError,
  WorkerQuitError,
  WorkflowCancelledError,
  WorkflowNotSentError,
} from './errors.js'
export type { AdapterFailure } from './errors.js'
export { describeError } from './describe-error.js'
export { RetryTaskLater } from './retry-task-later.js'
