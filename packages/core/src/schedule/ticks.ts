import { EverySchedule } from './every-schedule.js'
import { dateOf, instantOf, type Schedule } from './schedule.js'

/**
 * The first tick of a registration strictly after `after`. For a cron schedule that is its next activation; for `@every d`
 * the next whole multiple of `d` since the epoch, so that all schedulers have the same ticks and one that is started
 * again goes on where it was, whereas in Go each process counts from its own start.
 * @throws TypeError when `after` is an invalid date
 */
export function tickAfter(schedule: Schedule, after: Date): Date | undefined {
  if (!(schedule instanceof EverySchedule)) return schedule.next(after)
  const period = schedule.everySeconds * 1_000
  return dateOf((Math.floor(instantOf(after) / period) + 1) * period)
}

/**
 * The last tick of a registration strictly before `before`.
 * @throws TypeError when `before` is an invalid date
 */
export function tickBefore(schedule: Schedule, before: Date): Date | undefined {
  if (!(schedule instanceof EverySchedule)) return schedule.previous?.(before)
  const period = schedule.everySeconds * 1_000
  return dateOf((Math.ceil(instantOf(before) / period) - 1) * period)
}
