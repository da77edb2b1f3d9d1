import { monotonicUs } from './monotonic-us.js'

/** What something took, in microseconds. */
export interface Taken {
  readonly us: number
  /** Processor time of this process, all threads. Says more than the clock on a machine that has other work. */
  readonly cpuUs: number
}

/** Begins to measure; call the answer to end. */
export function startStopwatch(): () => Taken {
  const before = process.cpuUsage()
  const startedAt = monotonicUs()
  return () => {
    const us = monotonicUs() - startedAt
    const { user, system } = process.cpuUsage(before)
    return { us, cpuUs: user + system }
  }
}
