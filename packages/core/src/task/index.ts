export { passesNothingTo, refuseDelay, resolveDelay } from './callbacks.js'
export { currentTaskContext, runWithContext, type TaskContext, TaskRun, taskContext } from './context.js'
export { decodeArguments } from './decode-arguments.js'
export { decodeResults } from './decode-results.js'
export { defineTask, type SignatureBuilder, type TaskDefinition, type TaskOptions } from './define-task.js'
export {
  type AnyDescriptor,
  type ArgDescriptor,
  type Descriptor,
  type InputOf,
  type InputsOf,
  type OutputOf,
  type OutputsOf,
  type RestDescriptor,
  rest,
} from './descriptor.js'
export { encodeResults } from './encode-results.js'
export type {
  Fits,
  Flow,
  Gives,
  HasFlow,
  Many,
  Passing,
  ResultValue,
  Show,
  Takes,
} from './flow.js'
export type { Handler, Returned, UntypedHandler } from './handler.js'
export {
  bigint,
  biguint,
  goInt,
  int,
  int8,
  int16,
  int32,
  int64,
  uint,
  uint8,
  uint16,
  uint32,
  uint64,
} from './integers.js'
export { type JsonDescriptor, json } from './json.js'
export { type ListDescriptor, list } from './list.js'
export { localFacts } from './local-facts.js'
export { anyWorkflowKindOf, noStep, refuseNoSignature } from './refuse-no-signature.js'
export { type RegisteredTask, TaskRegistry } from './registry.js'
export { bool, bytes, float, float32, float64, string } from './scalars.js'
export { showValue } from './show-value.js'
export type { SignatureChanges } from './signature-changes.js'
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js'
export type { TaskContract } from './task-contract.js'
export { TaskSignature } from './task-signature.js'
