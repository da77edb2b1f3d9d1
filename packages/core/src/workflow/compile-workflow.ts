import { compileSignatures } from './compile-signatures.js'
import { type CompiledWorkflow, latestEta, tasksOf, toEnd, withHeaders } from './compiled-workflow.js'
import { Drafts } from './drafts.js'
import { randomIds, type WorkflowIds } from './ids.js'
import { isSignatureWorkflow, type SignatureWorkflow } from './machinery-manner.js'
import { SizeLimits } from './size-limits.js'
import { StepCompiler } from './step-compiler.js'
import { endsInGroup } from './step-shape.js'
import { isWorkflow, type Step } from './workflow.js'

/**
 * Turns a workflow, or a single signature, into plain Machinery signatures: what follows a step becomes its `onSuccess`,
 * what follows a group becomes its members' `chordCallback`. Pure but for the ids: the same ids give the same signatures,
 * and nothing of the workflow is changed. Each call makes new tasks, so a workflow may be sent any number of times;
 * UUIDs that are there already (set by hand, or by `newSignature`) stay. Workflows of `newChain`, `newGroup` and `newChord` keep the UUIDs that they have.
 * @throws UnsupportedError when signatures cannot express it, naming what can be done instead
 * @throws TypeError for an empty chain or chord, and for a UUID set by hand that occurs twice
 */
export function compileWorkflow(workflow: Step | SignatureWorkflow, ids: WorkflowIds = randomIds): CompiledWorkflow {
  if (isSignatureWorkflow(workflow)) return compileSignatures(workflow)
  const uuid = isWorkflow(workflow) ? ids.workflow() : ''
  const limits = new SizeLimits()
  const compiler = new StepCompiler(ids, new Drafts(ids, uuid, limits), limits)
  const { entries, ends, node } = compiler.compile(workflow)
  // Those of a workflow are the compiler's own, with headers.
  const roots = uuid === '' ? entries.map(withHeaders) : entries
  return {
    uuid,
    roots,
    groups: compiler.groups,
    ends: ends.map(toEnd),
    isMany: endsInGroup(workflow),
    taskUuids: tasksOf(node),
    tree: node,
    eta: latestEta(roots),
  }
}
