import type { Signature } from '../signature/index.js'
import type { Flow, Gives, HasFlow, Passing, Takes } from '../task/index.js'

/** Steps in order: the results of each are appended to the arguments of the next. Made by `chain(…)`. */
export interface Chain<T extends Takes = Takes, G extends Gives = Gives, Value = unknown, P extends Passing = Passing>
  extends HasFlow {
  readonly kind: 'chain'
  readonly steps: readonly Step[]
  /** Types only. */
  readonly '~flow': Flow<T, G, Value, P>
}

/** Steps side by side. Its results are those of its members, in their order. Made by `group(…)`. */
export interface Group<T extends Takes = Takes, G extends Gives = Gives, Value = unknown, P extends Passing = Passing>
  extends HasFlow {
  readonly kind: 'group'
  readonly members: readonly Step[]
  /** Types only. */
  readonly '~flow': Flow<T, G, Value, P>
}

/** A group, and a callback that takes its members' results once all are there. Made by `chord(…)`. */
export interface Chord<T extends Takes = Takes, G extends Gives = Gives, Value = unknown, P extends Passing = Passing>
  extends HasFlow {
  readonly kind: 'chord'
  readonly group: Group
  readonly callback: Step
  /** Types only. */
  readonly '~flow': Flow<T, G, Value, P>
}

export type Workflow = Chain | Group | Chord

/** What workflows are made of: signatures, and other workflows. */
export type Step = Signature | Workflow

export function isWorkflow(step: Step): step is Workflow {
  return 'kind' in step
}
