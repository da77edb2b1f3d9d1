import { checkSteps } from './check-steps.js'
import type { FirstOf, GivesOf, LastOf, Linked, PassingOf, Steps, TakesOf, ValueOf } from './step-types.js'
import type { Chain } from './workflow.js'

/** The chain of these steps. */
export type ChainOf<S extends Steps> = Chain<
  TakesOf<FirstOf<S>>,
  GivesOf<LastOf<S>>,
  ValueOf<LastOf<S>>,
  PassingOf<LastOf<S>>
>

/**
 * Steps in order. The results of each step are appended to the arguments of the next; a step made by `.si(…)` takes
 * none. Steps are signatures or workflows: a group's members all take the results of the step before it, and the step
 * after a group takes its members' results in their order. A step keeps its own `onSuccess` and `onError`.
 * @throws TypeError without steps, and for what is no step
 */
export function chain<const S extends Steps>(...steps: S extends Linked<S> ? S : Linked<S>): ChainOf<S> {
  checkSteps('chain()', 'steps', steps)
  if (steps.length === 0) throw new TypeError('A chain needs a step. Give it one, or do not send it.')
  return Object.freeze({ kind: 'chain', steps: Object.freeze([...steps]) }) as unknown as ChainOf<S>
}
