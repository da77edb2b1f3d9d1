/**
 * Thrown *by a task* to be run again after `delayMs`: an instruction, not a failure.
 * It does not use up the signature's `retryCount`. Subclasses and errors that carry it as `cause` count too.
 */
export class RetryTaskLater extends Error {
  /** How long to wait, in milliseconds. */
  readonly delayMs: number

  /** @throws RangeError when `delayMs` is negative or not finite */
  constructor(options: { delayMs: number; message?: string; cause?: unknown }) {
    super(options.message ?? '', options.cause === undefined ? undefined : { cause: options.cause })
    if (!Number.isFinite(options.delayMs) || options.delayMs < 0) {
      throw new RangeError(`RetryTaskLater takes delayMs of 0 or more milliseconds, got ${String(options.delayMs)}.`)
    }
    this.name = 'RetryTaskLater'
    this.delayMs = options.delayMs
  }
}
