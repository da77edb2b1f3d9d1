import type { Backend, StateWrite } from '../contracts/index.js'
import { BackendError, describeError } from '../errors/index.js'
import { zeroTime } from '../signature/index.js'

/** What is known of a task that is to end. */
export interface EndingTask {
  readonly uuid: string
  readonly name: string
  readonly createdAt?: string | undefined
}

/**
 * Ends tasks in FAILURE, unless they ended already. It may be repeated.
 * @param facts how long the states live, and who is told at once, where the backend can
 * @throws BackendError when some of the states were not stored: those tasks may still run
 */
export async function failTasks(
  backend: Backend,
  tasks: readonly EndingTask[],
  error: string,
  facts: Pick<StateWrite, 'expiresInMs' | 'replyTo'>,
): Promise<void> {
  const writes = tasks.map(
    ({ uuid, name, createdAt = zeroTime }): StateWrite => ({
      state: { taskUuid: uuid, taskName: name, state: 'FAILURE', results: null, error, createdAt },
      ...facts,
    }),
  )
  const failures = (await backend.saveStates(writes)).flatMap((saved) =>
    saved.status === 'stored' || saved.status === 'kept' ? [] : [saved],
  )
  const [first] = failures
  if (first === undefined) return
  const text = `The ${backend.name} backend did not store the FAILURE of ${failures.length} of ${writes.length} tasks, which may still run. Cancel again. The first error: ${describeError(first.error)}`
  throw new BackendError(text, {
    operation: 'saveStates',
    outcome: first.status,
    retryable: true,
    cause: first.error,
  })
}
