import type { RedisAdapterConfig } from './rigs/redis-adapters.js'
import type { SchedulerTime } from './scheduler-clock.js'

/** What a scheduler process is told, as JSON in its one argument. */
export interface SchedulerConfig {
  readonly adapters: RedisAdapterConfig
  /** A server for locks alone, so that it may fail alone. */
  readonly lockUrl: string
  readonly queue: string
  readonly time: SchedulerTime
  readonly periodic: {
    readonly spec: string
    readonly timeZone?: string
    /** In milliseconds of its clock. */
    readonly catchUpMs?: number
  }
  /** What happens to the process when it has the right to send a tick, and before it does, at the first tick it gets. */
  readonly fault?: 'kill' | 'stop'
}

/** The name of the periodic task, which is that of the task, too. */
export const periodicName = 'note'

/** Written to a scheduler's output, one JSON text a line. */
export type SchedulerLine =
  | { readonly event: 'ready' }
  | { readonly event: 'fault'; readonly tick: string }
  | { readonly event: 'log'; readonly level: string; readonly message: string; readonly uuid?: unknown }
