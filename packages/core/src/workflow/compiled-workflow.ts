import type { Signature } from '../signature/index.js'
import { type AnyDescriptor, localFacts, resolveDelay } from '../task/index.js'

/** A workflow as plain Machinery signatures. Nothing in it refers to the workflow it came from. */
export interface CompiledWorkflow {
  /** What the private header of every signature says. Empty for workflows in Machinery's manner, which have no such header. */
  readonly uuid: string
  /** The signatures to publish. All others travel inside them. */
  readonly roots: readonly Signature[]
  /** The groups whose records have to be stored before anything is published, later ones included. */
  readonly groups: readonly CompiledGroup[]
  /** The tasks whose results are the result of the workflow, in order. */
  readonly ends: readonly WorkflowEnd[]
  /** Whether that result is a list with an entry for each end, as for groups, or the value of the only end. */
  readonly isMany: boolean
  /** Every task, in the order of `tree`. The workflow has failed as soon as one of them has. */
  readonly taskUuids: readonly string[]
  /** What it looks like, as plain data for displays. */
  readonly tree: WorkflowNode
  /** The latest ETA of all its tasks; null where none has one. */
  readonly eta: Date | null
}

export interface CompiledGroup {
  readonly groupUuid: string
  /** The tasks that complete it, in member order: of a member that is a chain, its last. */
  readonly taskUuids: readonly string[]
}

/** One task whose result counts. */
export interface WorkflowEnd {
  readonly uuid: string
  readonly name: string
  /** How to read its results; absent for plain signatures. */
  readonly results?: readonly AnyDescriptor[]
}

/** A part of a workflow, as plain data. */
export type WorkflowNode =
  | { readonly kind: 'task'; readonly uuid: string; readonly name: string }
  | { readonly kind: 'chain'; readonly steps: readonly WorkflowNode[] }
  | { readonly kind: 'group'; readonly groupUuid: string; readonly members: readonly WorkflowNode[] }
  | {
      readonly kind: 'chord'
      readonly groupUuid: string
      readonly members: readonly WorkflowNode[]
      readonly callback: WorkflowNode
    }

/** The UUIDs of all tasks of a tree, in order. */
export function tasksOf(node: WorkflowNode): readonly string[] {
  return taskNodesOf(node).map(({ uuid }) => uuid)
}

/** All tasks of a tree, in order. */
export function taskNodesOf(node: WorkflowNode): readonly Extract<WorkflowNode, { kind: 'task' }>[] {
  const tasks: Extract<WorkflowNode, { kind: 'task' }>[] = []
  const stack = [node]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === 'task') tasks.push(next)
    else for (const child of childrenOf(next).toReversed()) stack.push(child)
  }
  return tasks
}

function childrenOf(node: Exclude<WorkflowNode, { kind: 'task' }>): readonly WorkflowNode[] {
  if (node.kind === 'chain') return node.steps
  return node.kind === 'group' ? node.members : [...node.members, node.callback]
}

/** A task whose result counts, with what this process knows about reading it. */
export function toEnd(signature: Signature): WorkflowEnd {
  const { uuid, name } = signature
  const { results } = localFacts(signature)
  return results === undefined ? { uuid, name } : { uuid, name, results }
}

/** A copy that can be published: a signature that is sent has headers, as in Machinery. */
export function withHeaders(signature: Signature): Signature {
  return { ...signature, headers: { ...signature.headers } }
}

/** The workflow with the delays of its first tasks turned into ETAs, counted from `nowMs`. */
export function startingAt(compiled: CompiledWorkflow, nowMs: number): CompiledWorkflow {
  const roots = compiled.roots.map((root) => resolveDelay(root, nowMs))
  return { ...compiled, roots, eta: latestEta(roots) }
}

/** The latest ETA of signatures, which may be invalid ones, and of all that follows their success. */
export function latestEta(roots: readonly Signature[]): Date | null {
  let latest: Date | null = null
  // A chord's callback is in each of its members.
  const seen = new Set<Signature>(roots)
  for (const { eta, onSuccess, chordCallback } of seen) {
    if (eta instanceof Date && eta.getTime() > (latest?.getTime() ?? Number.NEGATIVE_INFINITY)) latest = eta
    for (const next of onSuccess) seen.add(next)
    if (chordCallback !== null) seen.add(chordCallback)
  }
  return latest
}
