import type { TaskState, TaskStateName } from '../contracts/index.js'
import type { WorkflowNode } from '../workflow/index.js'

/** How far a workflow is: its tree, with the state of each task. */
export type WorkflowStatus =
  | {
      readonly kind: 'task'
      readonly uuid: string
      readonly name: string
      /** Absent: not sent yet, or its record has expired. */
      readonly state?: TaskStateName
      /** On FAILURE. */
      readonly error?: string
    }
  | ({ readonly kind: 'chain'; readonly steps: readonly WorkflowStatus[] } & WorkflowCounts)
  | ({ readonly kind: 'group'; readonly members: readonly WorkflowStatus[] } & WorkflowCounts)
  | ({
      readonly kind: 'chord'
      readonly members: readonly WorkflowStatus[]
      readonly callback: WorkflowStatus
    } & WorkflowCounts)

/** Of all tasks of a part. */
export interface WorkflowCounts {
  readonly total: number
  readonly succeeded: number
  readonly failed: number
}

/** The status of a tree from the states of its tasks. */
export function statusOf(node: WorkflowNode, states: ReadonlyMap<string, TaskState | undefined>): WorkflowStatus {
  const descend = (nodes: readonly WorkflowNode[]): WorkflowStatus[] => nodes.map((child) => statusOf(child, states))
  switch (node.kind) {
    case 'task': {
      const state = states.get(node.uuid)
      const { uuid, name } = node
      if (state === undefined) return { kind: 'task', uuid, name }
      return { kind: 'task', uuid, name, state: state.state, ...(state.state === 'FAILURE' && { error: state.error }) }
    }
    case 'chain': {
      const steps = descend(node.steps)
      return { kind: 'chain', steps, ...count(steps) }
    }
    case 'group': {
      const members = descend(node.members)
      return { kind: 'group', members, ...count(members) }
    }
    case 'chord': {
      const members = descend(node.members)
      const callback = statusOf(node.callback, states)
      return { kind: 'chord', members, callback, ...count([...members, callback]) }
    }
  }
}

function count(parts: readonly WorkflowStatus[]): WorkflowCounts {
  let [total, succeeded, failed] = [0, 0, 0]
  for (const part of parts) {
    const isTask = part.kind === 'task'
    total += isTask ? 1 : part.total
    succeeded += isTask ? Number(part.state === 'SUCCESS') : part.succeeded
    failed += isTask ? Number(part.state === 'FAILURE') : part.failed
  }
  return { total, succeeded, failed }
}
