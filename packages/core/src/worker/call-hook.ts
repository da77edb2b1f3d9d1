import type { Logger } from '../contracts/index.js'
import { describeError } from '../errors/index.js'

/** Calls what a user hung in. Whatever it throws, or rejects with later, is logged and changes nothing. */
export function callHook(logger: Logger, name: string, call: () => unknown): void {
  const failed = (error: unknown): void => logger.error(`The ${name} threw: ${describeError(error)}`)
  try {
    const returned = call()
    if (returned instanceof Promise) returned.catch(failed)
  } catch (error) {
    failed(error)
  }
}
