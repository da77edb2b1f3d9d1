export type {
  Backend,
  BackendCapabilities,
  ChordClaim,
  FinishedMember,
  MemberFinished,
  StateSaved,
  StateWrite,
} from './backend.js'
export { stateStored } from './backend.js'
export type { Broker, BrokerCapabilities, ConsumeOptions, Consumer, Delivery, OutgoingMessage } from './broker.js'
export type { Clock } from './clock.js'
export type { GroupRecord } from './group.js'
export type { Lock } from './lock.js'
export type { Logger } from './logger.js'
export type {
  CancelNotifier,
  DelayStore,
  DueMessage,
  InspectedMessage,
  QueueInspector,
  RecordRenewer,
  ResultNotifier,
} from './roles.js'
export { isCancelNotifier, isDelayStore, isQueueInspector, isRecordRenewer, isResultNotifier } from './roles.js'
export type { Settled } from './settled.js'
export { settledOk } from './settled.js'
export type { TaskResult, TaskState, TaskStateName } from './task-state.js'
