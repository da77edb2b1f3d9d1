import { availableParallelism } from 'node:os'
import { ConfigurationError } from '../errors/index.js'
import type { Duration } from '../time/index.js'
import { toMilliseconds } from '../time/index.js'

/** Options of one worker. */
export interface WorkerOptions {
  /** How many tasks run at once: a whole number of 1 or more; 0: the default. @default twice the number of processors */
  readonly concurrency?: number
  /** The queue to read. @default the server's default queue */
  readonly queue?: string
  /** How long `quit()` waits for running tasks before their messages are given back. @default '30s' */
  readonly drainTimeout?: Duration
  /**
   * How often a message may be delivered, where the broker counts, before its task fails and the message is parked: a
   * task that takes its worker down each time must not go on for ever. @default 6
   */
  readonly maxDeliveries?: number
  /** How long a worker may take to send a chord's callback before another one does. @default '30s' */
  readonly chordLease?: Duration
}

export interface ResolvedWorkerOptions {
  readonly concurrency: number
  readonly queue: string
  readonly drainTimeoutMs: number
  readonly maxDeliveries: number
  readonly chordLeaseMs: number
}

/** @throws ConfigurationError naming the option, its value and what is allowed */
export function resolveWorkerOptions(options: WorkerOptions): ResolvedWorkerOptions {
  const concurrency = wholeNumber('concurrency', options.concurrency ?? 0, 0)
  return {
    concurrency: concurrency === 0 ? 2 * availableParallelism() : concurrency,
    queue: options.queue ?? '',
    drainTimeoutMs: duration('drainTimeout', options.drainTimeout ?? '30s'),
    maxDeliveries: wholeNumber('maxDeliveries', options.maxDeliveries ?? 6, 1),
    chordLeaseMs: Math.max(1, duration('chordLease', options.chordLease ?? '30s')),
  }
}

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ConfigurationError(
    `Worker option ${name} must be a whole number of ${least} or more, got ${String(value)}.`,
  )
}

function duration(name: string, value: Duration): number {
  try {
    return toMilliseconds(value, `Worker option ${name}`)
  } catch (error) {
    throw new ConfigurationError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
