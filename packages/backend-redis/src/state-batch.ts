import { encodeTaskState, isTerminal, type StateSaved, type StateWrite } from '@machinery/core/adapter'
import { recordStart } from './scripts/save-states.js'

/** A write with its place in the batch. */
export interface Item {
  readonly index: number
  readonly write: StateWrite
}

/**
 * The writes in sets that one call can take: of the same state, life and waiter. All in one flush are usually alike. Two writes of
 * one task stay in order: where there are any, a set is what follows one another.
 */
export function alike(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.every(isLike(items[0]))) return [items]
  const sets: Item[][] = []
  const isOrdered = new Set(items.map(({ write }) => write.state.taskUuid)).size < items.length
  for (const item of items) {
    const set = isOrdered ? sets.at(-1) : sets.find(([first]) => isLike(first)(item))
    if (set !== undefined && isLike(set[0])(item)) set.push(item)
    else sets.push([item])
  }
  return sets
}

function isLike(one: Item | undefined): (other: Item) => boolean {
  return ({ write }) =>
    one !== undefined &&
    write.state.state === one.write.state.state &&
    write.expiresInMs === one.write.expiresInMs &&
    write.replyTo === one.write.replyTo
}

/** Those that can be stored, and their records as the script takes them. */
export function recordsOf(
  items: readonly Item[],
  answers: StateSaved[],
): { readonly items: readonly Item[]; readonly records: readonly string[] } {
  const tail = commonTail(items)
  if (tail !== undefined) return { items, records: [tail] }
  const records = ['']
  const stored = items.filter(({ index, write }) => {
    try {
      records.push(encodeTaskState(write.state))
      return true
    } catch (error) {
      answers[index] = { status: 'rejected', error }
      return false
    }
  })
  return { items: stored, records }
}

const plainUuid = /^[\w:.-]+$/

/** What follows the UUID in the records of all, such as those of a group that is sent: it travels once. */
function commonTail(items: readonly Item[]): string | undefined {
  const first = (items[0] as Item).write.state
  if (items.length === 1 || first.results !== null) return undefined
  for (const { write } of items) {
    const { taskUuid, taskName, results, error, createdAt } = write.state
    const isSame =
      createdAt === first.createdAt && taskName === first.taskName && error === first.error && results === null
    if (!isSame || !plainUuid.test(taskUuid)) return undefined
  }
  return encodeTaskState(first).slice(recordStart.length + first.taskUuid.length)
}

/** Whether somebody is to be told of the result. */
export function isAwaited({ state, replyTo }: StateWrite): boolean {
  return replyTo !== undefined && isTerminal(state.state)
}
