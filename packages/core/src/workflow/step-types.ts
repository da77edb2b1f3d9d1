import type { AnyDescriptor, Fits, Gives, HasFlow, Many, RestDescriptor, Show } from '../task/index.js'
import type { Group, Step } from './workflow.js'

/** What a step takes from the one before it. */
export type TakesOf<S> = S extends HasFlow ? S['~flow']['takes'] : 'anything'
/** What a step gives to the next one. */
export type GivesOf<S> = S extends HasFlow ? S['~flow']['gives'] : 'anything'
/** Whether it does give it. */
export type PassingOf<S> = S extends HasFlow ? S['~flow']['passing'] : 'passes results'
/** What waiting for a step gives; `Many` for those that end in a group. */
export type ValueOf<S> = S extends HasFlow ? S['~flow']['value'] : unknown
/** What waiting for the result of a signature or workflow gives; unknown for plain signatures. */
export type ResultOf<S> = ValueOf<S> extends Many<infer Values> ? Values : ValueOf<S>

/** What may be sent: the step itself, or an error text where it still takes something. */
export type Sendable<S> = [TakesOf<S>] extends ['takes nothing' | 'anything' | readonly [] | readonly [RestDescriptor]]
  ? S
  : `Arguments are missing: ${Show<TakesOf<S>>}.`

export type Steps = readonly Step[]
export type FirstOf<S extends readonly unknown[]> = S extends readonly [infer First, ...infer _Rest] ? First : S[number]
export type LastOf<S extends readonly unknown[]> = S extends readonly [...infer _Rest, infer Last] ? Last : S[number]

/** Whether a step ends in a group, so that what follows it is a chord's callback. */
type EndsInGroup<S> = ValueOf<S> extends Many<readonly unknown[]> ? true : false

/** Why `Next` cannot follow `Previous`, or `Next` itself where it can. */
export type Following<Previous, Next> =
  EndsInGroup<Previous> extends true
    ? Next extends Group
      ? 'A group cannot follow a group: a chord has one callback. Put a task in between.'
      : PassingOf<Next> extends 'passes nothing'
        ? // A chord's callback that is immutable takes nothing.
          Match<readonly [], Next>
        : Match<GivesOf<Previous>, Next>
    : PassingOf<Previous> extends 'passes nothing'
      ? Match<readonly [], Next>
      : Match<GivesOf<Previous>, Next>

type Match<G extends Gives, Next> =
  Fits<G, TakesOf<Next>> extends true
    ? Next
    : `The step before gives ${Show<G>}; this step takes ${Show<TakesOf<Next>>}.`

/** The steps of a chain, with an error text in place of each that does not fit the one before. */
export type Linked<S extends readonly unknown[]> = S extends readonly [infer First, infer Second, ...infer More]
  ? readonly [First, ...LinkedAfter<First, [Second, ...More]>]
  : S extends readonly [unknown]
    ? S
    : readonly Following<S[number], S[number]>[]

type LinkedAfter<Previous, S extends readonly unknown[]> = S extends readonly [infer Next, ...infer More]
  ? [Following<Previous, Next>, ...LinkedAfter<Next, More>]
  : S extends readonly []
    ? []
    : Following<Previous | S[number], S[number]>[]

/** The results of a group's members, one after the other; `anything` as soon as one is unknown. */
export type JoinedGives<S extends readonly unknown[]> =
  'anything' extends GivesOf<S[number]>
    ? 'anything'
    : JoinLists<S> extends infer Joined extends readonly AnyDescriptor[]
      ? Joined
      : never

type JoinLists<S extends readonly unknown[]> = S extends readonly [infer First, ...infer More]
  ? GivesOf<First> extends infer List extends readonly unknown[]
    ? [...List, ...JoinLists<More>]
    : never
  : S extends readonly []
    ? []
    : GivesOf<S[number]> extends readonly (infer Item)[]
      ? Item[]
      : never

/** The values of a group's members; a group among them joins its values. */
export type JoinedValues<S extends readonly unknown[]> = S extends readonly [infer First, ...infer More]
  ? ValueOf<First> extends Many<infer Values>
    ? [...Values, ...JoinedValues<More>]
    : [ValueOf<First>, ...JoinedValues<More>]
  : S extends readonly []
    ? []
    : ValueOf<S[number]> extends Many<infer Values>
      ? Values[number][]
      : ValueOf<S[number]>[]
