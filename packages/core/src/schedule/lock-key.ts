import type { Schedule } from './schedule.js'

/**
 * The lock that every process which registered the same periodic task competes for, once per tick: byte for byte
 * Machinery's. It is shared with a Go process only if `programName` is the base name of the Go executable.
 */
export function lockKey(programName: string, name: string, spec: string): string {
  return `machinery_lock_${programName}${name}${spec}`
}

/**
 * When the lock of the tick at `now` ends: one nanosecond before the next activation, in nanoseconds since the epoch.
 * @throws RangeError when the schedule has no activation after `now` that a `Date` can hold
 */
export function lockUntil(schedule: Schedule, now: Date): bigint {
  const next = schedule.next(now)
  if (next === undefined) {
    throw new RangeError(
      `Schedule "${schedule.spec}" has no activation after ${now.toISOString()}, so its lock has no end.`,
    )
  }
  return BigInt(next.getTime()) * 1_000_000n - 1n
}

/**
 * The key under which the schedulers of this library agree who of them sends the tick. Workers in Go do not know it.
 * @param tick the activation, not the moment it is handled
 * @throws RangeError when `tick` is an invalid date
 */
export function tickLockKey(programName: string, name: string, spec: string, tick: Date): string {
  return `${lockKey(programName, name, spec)}@${tick.toISOString()}`
}
