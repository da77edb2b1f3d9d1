import { checkOptions, type OptionNames } from '../errors/index.js'
import { type HeaderValue, memberFailureHeader, privatePrefix, type Signature } from '../signature/index.js'
import { type Duration, toMilliseconds } from '../time/duration.js'
import { passesNothingTo, refuseDelay } from './callbacks.js'
import { localFacts, setLocalFacts } from './local-facts.js'
import { refuseNoSignature } from './refuse-no-signature.js'
import { showValue } from './show-value.js'

const memberFailure = `${privatePrefix}${memberFailureHeader}`

/** What `.with(…)` changes. Absent fields stay as they are. */
export interface SignatureChanges {
  /** Run no earlier than this long after sending: it is counted when the signature is sent, not now. Replaces `eta`. */
  readonly delay?: Duration
  /** Run no earlier than this instant; null for at once. Replaces `delay`. */
  readonly eta?: Date | null
  /** The task's id. Leave it out to have a fresh one each time the signature is sent. */
  readonly uuid?: string
  /** The queue. */
  readonly routingKey?: string
  /** 0 to 255. Honoured by brokers that have priorities. */
  readonly priority?: number
  /** How often a failure is tried again. */
  readonly retryCount?: number
  /** Added to the headers that are there. */
  readonly headers?: Readonly<Record<string, HeaderValue>>
  /** As a parent: pass no results to `onSuccess`. As a chord's callback: take no results. To take none elsewhere, use `.si(…)`. */
  readonly immutable?: boolean
  /** Sent when the task has succeeded, with its results appended to their arguments. Replaces those there are. */
  readonly onSuccess?: Signature | readonly Signature[]
  /** Sent when the task has failed for good, with the error text put before their arguments. Replaces those there are. */
  readonly onError?: Signature | readonly Signature[]
  /**
   * As a chord's callback, what happens when a member of the group fails. `error`: the callback fails with the member's
   * error, its `onError` is sent once, and those who wait are told. `silent`: nothing, as in Machinery. @default 'error'
   */
  readonly onMemberFailure?: 'error' | 'silent'
  /** The message group of an SQS FIFO queue. */
  readonly brokerMessageGroupId?: string
  /** Keep the message for the dead-letter place when the task fails. */
  readonly stopTaskDeletionOnError?: boolean
  /** Drop the message where the task is not registered, instead of giving it back. */
  readonly ignoreWhenTaskNotRegistered?: boolean
}

const names: OptionNames<SignatureChanges> = {
  delay: true,
  eta: true,
  uuid: true,
  routingKey: true,
  priority: true,
  retryCount: true,
  headers: true,
  immutable: true,
  onSuccess: true,
  onError: true,
  onMemberFailure: true,
  brokerMessageGroupId: true,
  stopTaskDeletionOnError: true,
  ignoreWhenTaskNotRegistered: true,
}

/** Applies `changes` to `signature` itself. */
export function applyChanges(signature: Signature, changes: SignatureChanges): void {
  checkOptions('with()', changes, names)
  applySchedule(signature, changes)
  if (changes.uuid !== undefined) signature.uuid = changes.uuid
  if (changes.routingKey !== undefined) signature.routingKey = changes.routingKey
  if (changes.priority !== undefined) signature.priority = checkCount('priority', changes.priority, 255)
  if (changes.retryCount !== undefined) {
    signature.retryCount = checkCount('retryCount', changes.retryCount, Number.MAX_SAFE_INTEGER)
  }
  if (changes.headers !== undefined) signature.headers = { ...signature.headers, ...checkHeaders(changes.headers) }
  if (changes.onMemberFailure !== undefined) setMemberFailure(signature, changes.onMemberFailure)
  if (changes.brokerMessageGroupId !== undefined) signature.brokerMessageGroupId = changes.brokerMessageGroupId
  if (changes.stopTaskDeletionOnError !== undefined) signature.stopTaskDeletionOnError = changes.stopTaskDeletionOnError
  if (changes.ignoreWhenTaskNotRegistered !== undefined) {
    signature.ignoreWhenTaskNotRegistered = changes.ignoreWhenTaskNotRegistered
  }
  if (changes.onError !== undefined) signature.onError = toCallbacks('onError', changes.onError)
  applyOnSuccess(signature, changes)
}

function applyOnSuccess(signature: Signature, { immutable, onSuccess }: SignatureChanges): void {
  if (onSuccess !== undefined) signature.onSuccess = toCallbacks('onSuccess', onSuccess)
  const { immutableForCallbacks, ...facts } = localFacts(signature)
  if (immutable !== undefined) signature.immutable = immutable
  else if (immutableForCallbacks === true) signature.immutable = false
  else if (onSuccess === undefined) return
  const derived = !signature.immutable && passesNothingTo(signature, signature.onSuccess)
  if (derived) signature.immutable = true
  setLocalFacts(signature, derived ? { ...facts, immutableForCallbacks: true } : facts)
}

function applySchedule(signature: Signature, { delay, eta }: SignatureChanges): void {
  if (delay === undefined && eta === undefined) return
  if (delay !== undefined && eta !== undefined && eta !== null) {
    throw new TypeError('A signature has a delay or an eta, not both. Leave one of them out.')
  }
  if (eta instanceof Date && Number.isNaN(eta.getTime())) {
    throw new TypeError('The eta of a signature is an invalid Date. Give a valid one, or null for at once.')
  }
  const { delayMs: _, ...facts } = localFacts(signature)
  signature.eta = eta ?? null
  setLocalFacts(signature, delay === undefined ? facts : { ...facts, delayMs: toMilliseconds(delay, 'delay') })
}

function setMemberFailure(signature: Signature, policy: 'error' | 'silent'): void {
  if (policy !== 'error' && policy !== 'silent') {
    throw new TypeError(`onMemberFailure is 'error' or 'silent', got ${showValue(policy)}.`)
  }
  const { [memberFailure]: _, ...headers } = signature.headers ?? {}
  signature.headers = policy === 'silent' ? { ...headers, [memberFailure]: policy } : headers
}

function toCallbacks(field: 'onSuccess' | 'onError', given: Signature | readonly Signature[]): readonly Signature[] {
  const callbacks = isList(given) ? [...given] : [given]
  for (const callback of callbacks) {
    refuseNoSignature(field, callback)
    refuseDelay(callback)
  }
  return callbacks
}

function isList(callbacks: Signature | readonly Signature[]): callbacks is readonly Signature[] {
  return Array.isArray(callbacks)
}

function checkCount(field: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new TypeError(`The ${field} of a signature is an integer from 0 to ${max}, got ${showValue(value)}.`)
}

function checkHeaders(headers: Readonly<Record<string, HeaderValue>>): Readonly<Record<string, HeaderValue>> {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== null && typeof value !== 'string' && typeof value !== 'boolean') {
      throw new TypeError(
        `Header ${showValue(name)} is ${showValue(value)}: a header is a string, a boolean or null, as Go workers can ` +
          'forward nothing else. Convert it to a string.',
      )
    }
  }
  return headers
}
