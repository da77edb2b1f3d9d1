import type { Many } from '../task/index.js'
import { checkSteps } from './check-steps.js'
import type { JoinedGives, JoinedValues, Steps, TakesOf } from './step-types.js'
import type { Group } from './workflow.js'

/** The group of these members. */
export type GroupOf<S extends Steps> = Group<
  TakesOf<S[number]>,
  JoinedGives<S>,
  Many<JoinedValues<S>>,
  'passes results'
>

/**
 * Steps side by side. Its results are those of its members, in their order. Members are signatures or workflows: a
 * chain counts as finished when its last step is, and a group among them joins its members to this one.
 * Without members it sends nothing.
 * @throws TypeError for what is no step
 */
export function group<const S extends Steps>(...members: S): GroupOf<S> {
  checkSteps('group()', 'members', members)
  return Object.freeze({ kind: 'group', members: Object.freeze([...members]) }) as unknown as GroupOf<S>
}
