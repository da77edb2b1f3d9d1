import { copySignature, type Signature } from '../signature/index.js'
import type { CompiledWorkflow, WorkflowNode } from './compiled-workflow.js'
import { workflowHeader } from './drafts.js'
import type { WorkflowIds } from './ids.js'

/**
 * A deep copy of a compiled workflow with another UUID in each place, so that it may be sent beside the first. The ids
 * are taken in an order that depends on the workflow's shape only. Nothing of the copy is shared with the original.
 */
export function renameWorkflow(compiled: CompiledWorkflow, ids: WorkflowIds): CompiledWorkflow {
  const renaming = new Renaming(ids, compiled.uuid === '' ? '' : ids.workflow())
  for (const { groupUuid } of compiled.groups) renaming.group(groupUuid)
  const roots = compiled.roots.map((root) => renaming.signature(root, false))
  const rename = (uuid: string): string => renaming.known(uuid)
  return {
    uuid: renaming.workflowUuid,
    roots,
    groups: compiled.groups.map(({ groupUuid, taskUuids }) => ({
      groupUuid: rename(groupUuid),
      taskUuids: taskUuids.map(rename),
    })),
    ends: compiled.ends.map((end) => ({ ...end, uuid: rename(end.uuid) })),
    isMany: compiled.isMany,
    taskUuids: compiled.taskUuids.map(rename),
    tree: renameNode(compiled.tree, rename),
    eta: compiled.eta,
  }
}

class Renaming {
  readonly workflowUuid: string
  readonly #ids: WorkflowIds
  readonly #names = new Map<string, string>()
  /** A chord's callback is inside each of its members: it is copied once. */
  readonly #copies = new Map<Signature, Signature>()

  constructor(ids: WorkflowIds, workflowUuid: string) {
    this.#ids = ids
    this.workflowUuid = workflowUuid
  }

  known(uuid: string): string {
    return this.#names.get(uuid) ?? uuid
  }

  group(uuid: string): void {
    this.#name(uuid, this.#ids.group)
  }

  signature(source: Signature, isChordCallback: boolean): Signature {
    const known = this.#copies.get(source)
    if (known !== undefined) return known
    const copy = copySignature({ ...source, onSuccess: [], onError: [], chordCallback: null })
    this.#copies.set(source, copy)
    copy.uuid = this.#name(source.uuid, isChordCallback ? this.#ids.chord : this.#ids.task)
    copy.groupUuid = this.known(source.groupUuid)
    if (this.workflowUuid !== '') copy.headers = { ...copy.headers, [workflowHeader]: this.workflowUuid }
    copy.onSuccess = source.onSuccess.map((callback) => this.signature(callback, false))
    copy.onError = source.onError.map((callback) => this.signature(callback, false))
    if (source.chordCallback !== null) copy.chordCallback = this.signature(source.chordCallback, true)
    return copy
  }

  #name(uuid: string, make: () => string): string {
    const name = this.#names.get(uuid) ?? make()
    this.#names.set(uuid, name)
    return name
  }
}

function renameNode(node: WorkflowNode, rename: (uuid: string) => string): WorkflowNode {
  const each = (nodes: readonly WorkflowNode[]): WorkflowNode[] => nodes.map((one) => renameNode(one, rename))
  if (node.kind === 'task') return { ...node, uuid: rename(node.uuid) }
  if (node.kind === 'chain') return { ...node, steps: each(node.steps) }
  const group = { groupUuid: rename(node.groupUuid), members: each(node.members) }
  return node.kind === 'group'
    ? { ...node, ...group }
    : { ...node, ...group, callback: renameNode(node.callback, rename) }
}
