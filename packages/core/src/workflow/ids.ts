import { randomUUID } from 'node:crypto'
import { newChordUuid, newGroupUuid, newTaskUuid } from '../signature/index.js'

/** Where a workflow's ids come from. Replace it in tests to get the same ones each time. */
export interface WorkflowIds {
  readonly task: () => string
  readonly group: () => string
  /** For a chord's callback. */
  readonly chord: () => string
  /** For the whole workflow, in a private header: cancelling goes by it. */
  readonly workflow: () => string
}

export const randomIds: WorkflowIds = Object.freeze({
  task: newTaskUuid,
  group: newGroupUuid,
  chord: newChordUuid,
  workflow: () => `workflow_${randomUUID()}`,
})

const GENERATED = /^(?:task|chord)_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Whether a signature's UUID looks like one that this library or Machinery made up, not its user. */
export function isGenerated(uuid: string): boolean {
  return GENERATED.test(uuid)
}
