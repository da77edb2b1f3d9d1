import type { RetryPolicy } from '../retry/index.js'
import { fibonacciNext } from '../retry/index.js'
import type { Signature } from '../signature/index.js'
import { getPrivateHeader, withPrivateHeader } from '../signature/index.js'
import { isCancelledBy } from './cancellations.js'
import type { Outcome } from './outcome.js'
import { askedDelayMs } from './outcome.js'

const ATTEMPT_HEADER = 'attempt'

/** Which run of its task this signature is: 1 is the first. Attempts of workers in Go are not counted. */
export function attemptOf(signature: Signature): number {
  const text = getPrivateHeader(signature, ATTEMPT_HEADER)
  const attempt = text === undefined ? 1 : Number(text)
  return Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1
}

/** The next attempt: the signature to send, and when it may start. */
export interface RetryPlan {
  readonly signature: Signature
  readonly delayMs: number
}

/**
 * Decides whether a failed run is tried again. Undefined: no, the failure is final.
 * A delay the task asked for does not use up `retryCount`. Otherwise the count goes down by one, and the delay is the
 * task's own back-off or, as in Machinery, the next Fibonacci number of seconds; `retryTimeout` follows Fibonacci in
 * both cases, so that a worker in Go can take the next attempt.
 */
export function planRetry(
  signature: Signature,
  outcome: Extract<Outcome, { kind: 'failure' }>,
  policy: RetryPolicy | undefined,
  now: number,
): RetryPlan | undefined {
  if (!outcome.mayRetry || isCancelledBy(outcome.error, signature)) return undefined
  const asked = askedDelayMs(outcome.error)
  if (asked !== undefined) return plan(signature, {}, asked, now)
  if (signature.retryCount <= 0 || policy?.retryOn?.(outcome.error) === false) return undefined
  const retryTimeout = fibonacciNext(signature.retryTimeout)
  const delayMs = policy === undefined ? retryTimeout * 1_000 : policy.backoff.delayMs(attemptOf(signature))
  return plan(signature, { retryCount: signature.retryCount - 1, retryTimeout }, delayMs, now)
}

function plan(signature: Signature, changes: Partial<Signature>, delayMs: number, now: number): RetryPlan {
  const next = { ...signature, ...changes, eta: new Date(now + delayMs), sqsReceiptHandle: '' }
  return { signature: withPrivateHeader(next, ATTEMPT_HEADER, String(attemptOf(signature) + 1)), delayMs }
}
