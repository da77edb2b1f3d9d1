export type { Config, ConfigInput, ConfigSource } from './config/index.js'
export {
  configFromEnvironment,
  configFromYaml,
  parseBackendUrl,
  parseBrokerUrl,
  parseLockUrl,
  resolveConfig,
  watchConfig,
} from './config/index.js'
export type {
  Backend,
  BackendCapabilities,
  Broker,
  BrokerCapabilities,
  CancelNotifier,
  ChordClaim,
  Clock,
  ConsumeOptions,
  Consumer,
  DelayStore,
  Delivery,
  DueMessage,
  FinishedMember,
  GroupRecord,
  InspectedMessage,
  Lock,
  Logger,
  MemberFinished,
  OutgoingMessage,
  QueueInspector,
  ResultNotifier,
  Settled,
  StateSaved,
  StateWrite,
  TaskResult,
  TaskState,
  TaskStateName,
} from './contracts/index.js'
export { isCancelNotifier, isDelayStore, isQueueInspector, isResultNotifier } from './contracts/index.js'
export type { MachineryErrorCode } from './errors/index.js'
export {
  BackendError,
  BrokerError,
  ClosedError,
  ConfigurationError,
  InvalidArgumentError,
  InvalidSignatureError,
  isMachineryError,
  LockError,
  MachineryError,
  ResultExpiredError,
  ResultTimeoutError,
  RetryTaskLater,
  TaskFailedError,
  TaskNotRegisteredError,
  TaskTimeoutError,
  UnsupportedError,
  WorkerQuitError,
  WorkflowCancelledError,
  WorkflowNotSentError,
} from './errors/index.js'
export { consoleLogger, redactUrl, silentLogger } from './logging/index.js'
export type { WaitOptions, WorkflowHandle, WorkflowStatus } from './result/index.js'
export { AsyncResult, ChainAsyncResult, ChordAsyncResult, GroupAsyncResult, WorkflowResult } from './result/index.js'
export type { Backoff, RetryPolicy } from './retry/index.js'
export { exponential, fibonacci, fixed } from './retry/index.js'
export type { PrePublishHandler } from './sending/index.js'
export type {
  PeriodicGroupOptions,
  PeriodicInfo,
  PeriodicOptions,
  PeriodicOutcome,
  ServerOptions,
} from './server/index.js'
export { Server } from './server/index.js'
export type { HeaderValue, Signature, SignatureArg } from './signature/index.js'
export { decodeSignature, encodeSignature, newSignature, RawNumber } from './signature/index.js'
export type {
  AnyDescriptor,
  ArgDescriptor,
  Descriptor,
  Handler,
  JsonDescriptor,
  ListDescriptor,
  RestDescriptor,
  StandardSchema,
  TaskContext,
  TaskDefinition,
  TaskOptions,
  UntypedHandler,
} from './task/index.js'
export {
  bigint,
  biguint,
  bool,
  bytes,
  currentTaskContext,
  defineTask,
  float,
  float32,
  float64,
  goInt,
  int,
  int8,
  int16,
  int32,
  int64,
  json,
  list,
  rest,
  string,
  TaskSignature,
  taskContext,
  uint,
  uint8,
  uint16,
  uint32,
  uint64,
} from './task/index.js'
export type { Duration } from './time/index.js'
export type { WorkerOptions } from './worker/index.js'
export { Worker } from './worker/index.js'
export type { Chain, Chord, Group, ResultOf, SignatureChain, SignatureChord, SignatureGroup } from './workflow/index.js'
export { chain, chord, group, newChain, newChord, newGroup } from './workflow/index.js'
