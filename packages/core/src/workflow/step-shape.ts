import { isWorkflow, type Step } from './workflow.js'

/** Whether a step ends in a group, so that what follows it is a chord's callback and its result is a list. */
export function endsInGroup(step: Step): boolean {
  if (!isWorkflow(step)) return false
  if (step.kind === 'group') return true
  const last = step.kind === 'chain' ? step.steps.at(-1) : step.callback
  return last !== undefined && endsInGroup(last)
}

/** How many tasks a step ends in. */
export function width(step: Step): number {
  if (!isWorkflow(step)) return 1
  if (step.kind === 'group') return step.members.reduce((sum, member) => sum + width(member), 0)
  const last = step.kind === 'chain' ? step.steps.at(-1) : step.callback
  return last === undefined ? 0 : width(last)
}
