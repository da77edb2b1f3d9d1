import type { Signature } from '../signature/index.js'
import {
  type CompiledGroup,
  type CompiledWorkflow,
  latestEta,
  tasksOf,
  toEnd,
  type WorkflowNode,
  withHeaders,
} from './compiled-workflow.js'
import type { SignatureGroup, SignatureWorkflow } from './machinery-manner.js'

/** A workflow in Machinery's manner, which is linked already: what to publish first, and what to wait for. */
export function compileSignatures(workflow: SignatureWorkflow): CompiledWorkflow {
  if ('callback' in workflow) {
    const { group, callback } = workflow
    const members = group.tasks.map(toNode)
    const tree: WorkflowNode = { kind: 'chord', groupUuid: group.groupUuid, members, callback: toNode(callback) }
    return toCompiled(tree, group.tasks, [recordOf(group)], [callback], false)
  }
  const nodes = workflow.tasks.map(toNode)
  if ('groupUuid' in workflow) {
    const tree: WorkflowNode = { kind: 'group', groupUuid: workflow.groupUuid, members: nodes }
    const groups = workflow.tasks.length === 0 ? [] : [recordOf(workflow)]
    return toCompiled(tree, workflow.tasks, groups, workflow.tasks, true)
  }
  return toCompiled({ kind: 'chain', steps: nodes }, workflow.tasks.slice(0, 1), [], workflow.tasks.slice(-1), false)
}

function toCompiled(
  tree: WorkflowNode,
  roots: readonly Signature[],
  groups: readonly CompiledGroup[],
  ends: readonly Signature[],
  isMany: boolean,
): CompiledWorkflow {
  const entries = roots.map(withHeaders)
  return {
    uuid: '',
    roots: entries,
    groups,
    ends: ends.map(toEnd),
    isMany,
    taskUuids: tasksOf(tree),
    tree,
    eta: latestEta(entries),
  }
}

function recordOf({ groupUuid, tasks }: SignatureGroup): CompiledGroup {
  return { groupUuid, taskUuids: tasks.map(({ uuid }) => uuid) }
}

function toNode({ uuid, name }: Signature): WorkflowNode {
  return { kind: 'task', uuid, name }
}
