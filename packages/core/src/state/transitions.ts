import type { TaskStateName } from '../contracts/task-state.js'

/** Whether a task in this state has ended: nothing follows. */
export function isTerminal(state: TaskStateName): boolean {
  return state === 'SUCCESS' || state === 'FAILURE'
}

const rank: Record<TaskStateName, number> = { PENDING: 0, RECEIVED: 1, STARTED: 2, RETRY: 3, SUCCESS: 4, FAILURE: 4 }

/**
 * Whether `next` may be stored over `stored` (`undefined`: there is no record).
 * States go forwards only: PENDING < RECEIVED < STARTED < RETRY < SUCCESS or FAILURE, where the next attempt after a
 * RETRY is received and started again. A terminal state never changes, and a second PENDING (the same signature sent
 * again) leaves the first, with its time of creation.
 */
export function mayFollow(stored: TaskStateName | undefined, next: TaskStateName): boolean {
  if (stored === undefined) return true
  if (isTerminal(stored)) return false
  if (stored === 'RETRY') return next !== 'PENDING'
  return rank[next] > rank[stored]
}
