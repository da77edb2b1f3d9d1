import type { Backend, Broker, Lock } from '@machinery/core'

/** What a process's adapters may have of their own. In milliseconds. */
export interface Tuning {
  readonly maxBlockedMs?: number
  readonly maxBodyBytes?: number
  readonly delayedPollMs?: number
}

/** What a process works with. */
export interface Adapters {
  readonly broker: Broker
  readonly backend: Backend
  readonly lock: Lock
}
