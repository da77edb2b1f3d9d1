import type { Backend } from './backend.js'
import type { Broker, OutgoingMessage } from './broker.js'
import type { Settled } from './settled.js'

/**
 * Extra powers an adapter may have, each a small interface of its own, found by the function beside it.
 * An adapter that lacks one simply does not have its methods.
 */

/** A message that lies in a queue, as an operator sees it. */
export interface InspectedMessage {
  readonly body: Uint8Array
  /** When it becomes due, for delayed ones. */
  readonly deliverAt?: Date
  /** Why it was parked, for dead letters. */
  readonly reason?: string
}

/** Looks into queues without changing them. */
export interface QueueInspector {
  /** Messages ready for delivery, oldest first, at most `limit`. */
  pendingMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]>
  /** Messages not due yet, soonest first, at most `limit`, of all queues or of one. */
  delayedMessages(limit: number, queue?: string): Promise<readonly InspectedMessage[]>
  /** Parked messages with their reasons, oldest first, at most `limit`. */
  deadMessages(queue: string, limit: number): Promise<readonly InspectedMessage[]>
  /** How many there are. `inFlight` counts deliveries that consumers hold. */
  countMessages(queue: string): Promise<{ pending: number; delayed: number; dead: number; inFlight: number }>
  /** Removes every message that is ready, or every parked one. Returns how many. Rejects for any other word: see `purgesDead`. */
  purge(queue: string, what: 'pending' | 'dead'): Promise<number>
}

export function isQueueInspector(broker: Broker): broker is Broker & QueueInspector {
  return 'pendingMessages' in broker && 'purge' in broker
}

/** Holds messages whose delay is longer than the broker's, and hands out those that are due. */
export interface DelayStore {
  /** Stores messages until their `deliverAt`. */
  storeDelayed(messages: readonly OutgoingMessage[]): Promise<readonly Settled[]>
  /** Leases up to `max` messages due at `now`, oldest first, for `leaseMs`; unconfirmed ones come again. */
  takeDue(now: Date, max: number, leaseMs: number): Promise<readonly DueMessage[]>
  /** Forgets messages that were forwarded. */
  confirmDue(messages: readonly DueMessage[]): Promise<void>
}

/** A message that became due; the store keeps its own handle inside. */
export interface DueMessage {
  readonly message: OutgoingMessage
}

export function isDelayStore(adapter: object): adapter is DelayStore {
  return 'storeDelayed' in adapter && 'takeDue' in adapter
}

/** Tells a waiting process early that results are there. Polling stays the net below it. */
export interface ResultNotifier {
  /** The address of this process, which travels with each signature it sends and comes back in `StateWrite.replyTo`. */
  readonly replyAddress: string
  /** Calls `listener` with the UUIDs of tasks that reached a terminal state. Returns the function that ends it. */
  onResults(listener: (taskUuids: readonly string[]) => void): Promise<() => Promise<void>>
}

export function isResultNotifier(backend: Backend): backend is Backend & ResultNotifier {
  return 'replyAddress' in backend && 'onResults' in backend
}

/** Carries cancellations to workers that run the task, or tasks of the workflow. What did not start is held back by its state. */
export interface CancelNotifier {
  /** Tells every listener, in all processes, that the task or workflow of this UUID was cancelled. */
  cancel(uuid: string): Promise<void>
  /** Calls `listener` for each cancellation from now on. Returns the function that ends it. */
  onCancelled(listener: (uuid: string) => void): Promise<() => Promise<void>>
}

export function isCancelNotifier(backend: Backend): backend is Backend & CancelNotifier {
  return 'cancel' in backend && 'onCancelled' in backend
}

/** Keeps records from expiring while what they tell of still runs. */
export interface RecordRenewer {
  /**
   * Lets the records of these tasks, and of these groups with all that is noted about them and their members' states, live
   * for `expiresInMs` from now at least. Unknown ones are passed over.
   */
  renewRecords(
    records: { readonly taskUuids: readonly string[]; readonly groupUuids: readonly string[] },
    expiresInMs: number,
  ): Promise<void>
}

export function isRecordRenewer(backend: Backend): backend is Backend & RecordRenewer {
  return 'renewRecords' in backend
}
