import type { BatchEntry } from '../batch/index.js'
import type { Delivery, StateSaved, StateWrite, TaskState } from '../contracts/index.js'
import type { Signature } from '../signature/index.js'
import type { RegisteredTask } from '../task/index.js'
import type { Settler } from './settler.js'

/** A delivery with the consumer that can settle it. */
export interface OpenDelivery {
  readonly delivery: Delivery
  readonly settler: Settler
}

/** A decoded delivery of a registered task, from its receipt to its acknowledgement. */
export interface HeldTask extends OpenDelivery {
  readonly signature: Signature
  readonly task: RegisteredTask
  /** Clock time of receipt, in milliseconds. */
  readonly receivedAt: number
  /** What the backend knew before this delivery ran; undefined: nothing. */
  stored: TaskState | undefined
  /** The last state handed to the backend, while it may not have left yet. */
  lastWrite: BatchEntry<StateWrite, StateSaved> | undefined
  /** Deliveries of the very same message that came while this one is being handled: settled with it. */
  duplicates: OpenDelivery[] | undefined
  /** Whether the worker has let go of it: the same message may come again from now on. */
  isReleased: boolean
}
