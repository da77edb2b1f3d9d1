import type { Lock } from '../contracts/index.js'
import { describeError, LockError } from '../errors/index.js'
import { withDeadline } from '../time/index.js'

/**
 * The lock with our own deadline on every call: a client whose promise never settles must not hang anything. Whatever goes
 * wrong is a LockError, `retryable` unless it is the deadline that passed: that was long enough.
 */
export function guardLock(lock: Lock, deadlineMs: number): Lock {
  const within = <Answer>(operation: string, call: () => Promise<Answer>): Promise<Answer> =>
    withDeadline(started(lock, operation, call), deadlineMs, () => {
      const text = `The ${lock.name} lock did not answer ${operation} within ${deadlineMs} ms.`
      return new LockError(text, { operation, outcome: 'indeterminate', retryable: false })
    })
  return {
    name: lock.name,
    acquire: (key, options) => within('acquire', () => lock.acquire(key, options)),
    close: () => within('close', () => lock.close()),
  }
}

async function started<Answer>(lock: Lock, operation: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (cause) {
    const text = `The ${lock.name} lock failed to ${operation}: ${describeError(cause)}`
    throw new LockError(text, { operation, outcome: 'indeterminate', retryable: true, cause })
  }
}
