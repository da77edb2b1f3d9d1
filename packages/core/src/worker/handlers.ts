import type { Signature } from '../signature/index.js'

/** What a user hangs into a worker. One that throws is logged; it never changes a task's outcome. */
export interface WorkerHandlers {
  /** Called with the error of each task that failed for good, and with each broker failure. Replaces the log line. */
  error?: (error: unknown) => void
  /** Called after STARTED was handed over, right before the task function. */
  preTask?: (signature: Signature) => void
  /** Called when a task's handling ended: after states, callbacks, retries and chord. */
  postTask?: (signature: Signature) => void
  /** Asked before each fetch; false: not now (asked again a little later). */
  preConsume?: () => boolean
}
