import { checkSteps, checkWorkflowKind } from './check-steps.js'
import type { Following, GivesOf, PassingOf, TakesOf, ValueOf } from './step-types.js'
import type { Chord, Group, Step } from './workflow.js'

/** The chord of this group and callback. */
export type ChordOf<G extends Group, C extends Step> = Chord<TakesOf<G>, GivesOf<C>, ValueOf<C>, PassingOf<C>>

/**
 * A group, and a callback that is sent once all its members have succeeded: their results are appended to its
 * arguments, in member order. When a member fails, the callback's `onError` is sent instead.
 * The same as `chain(group, callback)`.
 * @throws TypeError when the group is empty or none, or there is no callback
 */
export function chord<const G extends Group, const C extends Step>(
  group: G,
  callback: C extends Following<G, C> ? C : Following<G, C>,
): ChordOf<G, C> {
  checkWorkflowKind('chord()', 'group', group)
  checkSteps('chord()', 'group and callback', [group, callback])
  if (group.members.length === 0) {
    throw new TypeError(
      'The group of a chord needs a member, or its callback would never be sent. Send the callback itself.',
    )
  }
  return Object.freeze({ kind: 'chord', group, callback }) as unknown as ChordOf<G, C>
}
