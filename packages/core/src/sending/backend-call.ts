import type { Backend } from '../contracts/index.js'
import { BackendError, describeError, isMachineryError } from '../errors/index.js'
import { withDeadline } from '../time/index.js'

/** Makes one call to a backend. Always settles; rejects with a MachineryError. */
export type BackendCall = <Answer>(operation: string, call: () => Promise<Answer>) => Promise<Answer>

/** Calls with our own deadline, whose errors name backend and call, also where the adapter throws before it has a promise. */
export function backendCall(backend: Pick<Backend, 'name'>, deadlineMs: number): BackendCall {
  return async (operation, call) => {
    try {
      const late = () =>
        backendFailure(operation, `The ${backend.name} backend did not answer ${operation} within ${deadlineMs} ms.`)
      return await withDeadline(call(), deadlineMs, late)
    } catch (error) {
      if (isMachineryError(error)) throw error
      const text = `The ${backend.name} backend failed to ${operation}: ${describeError(error)}`
      throw backendFailure(operation, text, error)
    }
  }
}

/** The error of a call of which nobody knows whether it had an effect. */
export function backendFailure(operation: string, text: string, cause?: unknown): BackendError {
  return new BackendError(text, { operation, outcome: 'indeterminate', retryable: true, cause })
}
