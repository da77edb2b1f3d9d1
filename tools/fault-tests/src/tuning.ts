import type { Backend, Broker, Lock } from '@machinery/core'

/** What a process's adapters may have of their own. Times in milliseconds. Adapters leave out what they do not know. */
export interface Tuning {
  readonly maxBlockedMs?: number
  readonly maxBodyBytes?: number
  readonly delayedPollMs?: number
  /** The queue of tasks without a routing key, where a broker must know it too. */
  readonly defaultQueue?: string
  /** The kind of queues, where there are several. */
  readonly queueType?: 'quorum'
}

/** What a process works with. */
export interface Adapters {
  readonly broker: Broker
  readonly backend: Backend
  readonly lock: Lock
}
