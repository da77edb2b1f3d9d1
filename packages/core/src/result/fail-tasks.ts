import type { Backend, StateWrite } from '../contracts/index.js'
import { BackendError, describeError } from '../errors/index.js'
import { zeroTime } from '../signature/index.js'
import type { WorkflowNode } from '../workflow/index.js'
import { taskNodesOf } from '../workflow/index.js'

/**
 * Ends all tasks of a workflow in FAILURE, unless they ended already. It may be repeated.
 * @param expiresInMs how long the states live, in milliseconds
 * @throws BackendError when some of the states were not stored: those tasks may still run
 */
export async function failTasks(
  backend: Backend,
  tree: WorkflowNode,
  error: string,
  expiresInMs: number,
): Promise<void> {
  const writes: StateWrite[] = taskNodesOf(tree).map(({ uuid, name }) => ({
    state: { taskUuid: uuid, taskName: name, state: 'FAILURE', results: null, error, createdAt: zeroTime },
    expiresInMs,
  }))
  const failures = (await backend.saveStates(writes)).flatMap((saved) =>
    saved.status === 'stored' || saved.status === 'kept' ? [] : [saved],
  )
  const [first] = failures
  if (first === undefined) return
  const text = `The ${backend.name} backend did not store the FAILURE of ${failures.length} of ${writes.length} tasks, which may still run. Cancel the workflow again. The first error: ${describeError(first.error)}`
  throw new BackendError(text, {
    operation: 'saveStates',
    outcome: first.status,
    retryable: true,
    cause: first.error,
  })
}
