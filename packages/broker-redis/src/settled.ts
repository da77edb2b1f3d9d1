import type { Settled } from '@machinery/core/adapter'
import { classifyFailure, withoutArguments } from '@machinery/redis-connection'

/** What a failed command says about the items it was for. */
export function settledBy(error: unknown): Settled {
  return { status: classifyFailure(error), error: withoutArguments(error) }
}

export const notHeld: Settled = Object.freeze({
  status: 'rejected',
  error: new Error(
    'This consumer does not hold the delivery: it was settled before, the consumer was closed, or others took its messages over.',
  ),
})
