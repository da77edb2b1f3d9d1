/** What authors of adapters need: the contracts, their shared answers, and helpers. See docs/adapters.md. */
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
  MemberFinished,
  OutgoingMessage,
  QueueInspector,
  RecordRenewer,
  ResultNotifier,
  Settled,
  StateSaved,
  StateWrite,
  TaskResult,
  TaskState,
  TaskStateName,
} from '../contracts/index.js'
export {
  isCancelNotifier,
  isDelayStore,
  isQueueInspector,
  isRecordRenewer,
  isResultNotifier,
  settledOk,
  stateStored,
} from '../contracts/index.js'
export { ClosedError, ConfigurationError, checkOptions, type OptionNames } from '../errors/index.js'
export { redactText, redactUrl } from '../logging/index.js'
export {
  decodeGroupMeta,
  decodeTaskState,
  encodeGroupMeta,
  encodeTaskState,
  peekRoutingKey,
  toUnixNanos,
} from '../signature/index.js'
export { isTerminal, mayFollow } from '../state/index.js'
export { systemClock, withDeadline } from '../time/index.js'
export { chunk } from './chunk.js'
export { DeliveryBuffer } from './delivery-buffer.js'
export { purgesDead } from './purges-dead.js'
export type { SettleEachOptions } from './settle-each.js'
export { settleEach } from './settle-each.js'
