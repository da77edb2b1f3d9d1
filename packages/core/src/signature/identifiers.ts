import { randomUUID } from 'node:crypto'

/** A new id of a task: `task_` and a random UUID. */
export function newTaskUuid(): string {
  return `task_${randomUUID()}`
}

/** A new id of a group: `group_` and a random UUID. */
export function newGroupUuid(): string {
  return `group_${randomUUID()}`
}

/** A new id of a chord's callback: `chord_` and a random UUID. */
export function newChordUuid(): string {
  return `chord_${randomUUID()}`
}
