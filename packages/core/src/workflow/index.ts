export { type ChainOf, chain } from './chain.js'
export { checkWorkflowKind } from './check-steps.js'
export { type ChordOf, chord } from './chord.js'
export { compileWorkflow } from './compile-workflow.js'
export type { CompiledGroup, CompiledWorkflow, WorkflowEnd, WorkflowNode } from './compiled-workflow.js'
export { startingAt, taskNodesOf, tasksOf } from './compiled-workflow.js'
export { workflowUuidOf } from './drafts.js'
export { type GroupOf, group } from './group.js'
export { randomIds, type WorkflowIds } from './ids.js'
export {
  newChain,
  newChord,
  newGroup,
  type SignatureChain,
  type SignatureChord,
  type SignatureGroup,
  type SignatureWorkflow,
} from './machinery-manner.js'
export { renameWorkflow } from './rename-workflow.js'
export type { ResultOf, Sendable } from './step-types.js'
export type { Chain, Chord, Group, Step, Workflow } from './workflow.js'
