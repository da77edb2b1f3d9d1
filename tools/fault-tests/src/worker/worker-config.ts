import type { AdapterConfig } from '../adapters.js'
import type { Failpoint } from './failpoints.js'
import type { TaskSettings } from './tasks.js'

/** What a worker process is told, as JSON in its one argument. */
export interface WorkerConfig extends TaskSettings {
  readonly adapters: AdapterConfig
  readonly queue: string
  readonly tag: string
  readonly concurrency: number
  /** The directory of the ledgers. */
  readonly ledger: string
  /** In milliseconds. */
  readonly drainMs: number
  /** In milliseconds. */
  readonly chordLeaseMs: number
  readonly failpoints: readonly Failpoint[]
  /** How wrong the clock of the process is, in milliseconds; its ledger's times are. @default 0 */
  readonly clockOffsetMs?: number
}

/** Written to the worker's output when it consumes. */
export const readyLine = 'consuming'
