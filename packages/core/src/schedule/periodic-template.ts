import { ConfigurationError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'
import {
  type CompiledWorkflow,
  chain,
  compileWorkflow,
  group,
  randomIds,
  renameWorkflow,
  type SignatureWorkflow,
  type Workflow,
  type WorkflowIds,
} from '../workflow/index.js'
import { tickUuid } from './tick-uuid.js'

/** What a registration sends at each tick. */
export type PeriodicKind = 'task' | 'chain' | 'group' | 'chord'

/**
 * What is sent at each tick, compiled once. It is a deep copy: what the caller does to its signatures later changes
 * nothing.
 * @throws ConfigurationError for a signature with an ETA, for nothing to send, and for signatures without UUIDs in a
 * workflow that was not made by `newChain`, `newGroup` or `newChord`; else what `compileWorkflow` throws
 */
export function periodicTemplate(
  kind: PeriodicKind,
  name: string,
  what: Signature | Workflow | SignatureWorkflow | readonly Signature[],
): CompiledWorkflow {
  const compiled = compileWorkflow(isList(what) ? (kind === 'group' ? group(...what) : chain(...what)) : what)
  if (compiled.roots.length === 0) {
    throw new ConfigurationError(`Periodic ${kind} "${name}" has no task to send. Give it one.`)
  }
  const seen = new Set<Signature>()
  for (const root of compiled.roots) checkSignature(root, name, seen)
  return renameWorkflow(compiled, randomIds)
}

/** The workflow of one tick: every scheduler makes the same one, with the same UUIDs. */
export function tickWorkflow(
  template: CompiledWorkflow,
  programName: string,
  name: string,
  spec: string,
  tick: Date,
): CompiledWorkflow {
  const idsOf = (kind: 'task' | 'group' | 'chord' | 'workflow'): (() => string) => {
    let index = 0
    return () => tickUuid(kind, programName, name, spec, tick, index++)
  }
  const ids: WorkflowIds = {
    task: idsOf('task'),
    group: idsOf('group'),
    chord: idsOf('chord'),
    workflow: idsOf('workflow'),
  }
  return renameWorkflow(template, ids)
}

function isList(what: object): what is readonly Signature[] {
  return Array.isArray(what)
}

function checkSignature(signature: Signature, name: string, seen: Set<Signature>): void {
  if (seen.has(signature)) return
  seen.add(signature)
  if (signature.eta !== null) {
    throw new ConfigurationError(
      `Periodic task "${name}" cannot send task ${signature.name} with the eta ${showDate(signature.eta)}: that is one ` +
        'instant, and there are many runs. Use a delay, which is counted from each tick.',
    )
  }
  if (signature.uuid === '') {
    throw new ConfigurationError(
      `Periodic task "${name}": task ${signature.name} has no UUID. Make the workflow with chain(), group(), chord(), or with newChain(), newGroup(), newChord().`,
    )
  }
  for (const callback of [...signature.onSuccess, ...signature.onError]) checkSignature(callback, name, seen)
  if (signature.chordCallback !== null) checkSignature(signature.chordCallback, name, seen)
}

function showDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString()
}
