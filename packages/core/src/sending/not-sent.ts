import type { Settled } from '../contracts/index.js'
import { BackendError, BrokerError, describeError } from '../errors/index.js'

type NotSettled = Exclude<Settled, { status: 'ok' }>

/** The error of a task whose PENDING state was not stored: it was not published. */
export function pendingNotStored(saved: NotSettled): BackendError {
  return new BackendError(`Set state pending error: ${describeError(saved.error)}`, {
    operation: 'saveStates',
    outcome: saved.status,
    retryable: true,
    cause: saved.error,
  })
}

/** The error of a message that the broker refused, or did not confirm. */
export function notPublished(settled: NotSettled): BrokerError {
  return new BrokerError(`Publish message error: ${describeError(settled.error)}`, {
    operation: 'publish',
    outcome: settled.status,
    retryable: true,
    cause: settled.error,
  })
}
