export { checkOptions, type OptionNames } from './check-options.js'
export { describeError, stackOf } from './describe-error.js'
export type { AdapterFailure } from './errors.js'
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
  TaskCancelledError,
  TaskFailedError,
  TaskNotRegisteredError,
  TaskTimeoutError,
  UnsupportedError,
  WorkerQuitError,
  WorkflowCancelledError,
  WorkflowNotSentError,
} from './errors.js'
export type { MachineryErrorCode } from './machinery-error.js'
export { isMachineryError, MachineryError } from './machinery-error.js'
export { RetryTaskLater } from './retry-task-later.js'
