import type { Logger } from '../contracts/index.js'
import { describeError } from '../errors/index.js'
import { withDeadline } from '../time/index.js'

/** Something to close, and what to call it in a log. */
export interface Closing {
  readonly what: string
  readonly close: () => Promise<void>
}

/**
 * Closes all at once. Always resolves: one that throws, rejects or does not answer within the deadline is logged, and
 * keeps none of the others from being closed.
 */
export async function closeAll(closings: Iterable<Closing>, deadlineMs: number, logger: Logger): Promise<void> {
  const attempts = [...closings].map(async ({ what, close }) => {
    try {
      await withDeadline(close(), deadlineMs, () => new Error(`it did not answer within ${deadlineMs} ms`))
    } catch (error) {
      logger.warn(`The ${what} did not close cleanly: ${describeError(error)}`)
    }
  })
  await Promise.all(attempts)
}
