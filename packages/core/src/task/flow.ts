import type { AnyDescriptor, ArgDescriptor, InputOf, OutputOf, RestDescriptor } from './descriptor.js'

/** What a step still takes from the one before it: descriptors, `takes nothing` at all, or `anything` (untyped). */
export type Takes = readonly ArgDescriptor[] | 'takes nothing' | 'anything'

/** What a step gives to the next one. */
export type Gives = readonly AnyDescriptor[] | 'anything'

/** Whether a step's results reach the next one: `immutable` suppresses that. */
export type Passing = 'passes results' | 'passes nothing'

/** The value of a group: one entry per member. A group inside a group joins its entries. */
export interface Many<Values extends readonly unknown[]> {
  readonly many: Values
}

/**
 * What the type checker knows about a step of a workflow. It exists in types only.
 * `Value` is what waiting for the step's result gives.
 */
export interface Flow<T extends Takes, G extends Gives, Value, P extends Passing = 'passes results'> {
  readonly takes: T
  readonly gives: G
  readonly value: Value
  readonly passing: P
}

/** Something whose flow the type checker knows: a task signature, or a workflow. */
export interface HasFlow {
  readonly '~flow': Flow<Takes, Gives, unknown, Passing>
}

/** The value of a task by its result descriptors: nothing, the value, or a tuple. */
export type ResultValue<Results extends readonly AnyDescriptor[]> = Results extends readonly []
  ? undefined
  : Results extends readonly [infer Only]
    ? OutputOf<Only>
    : { -readonly [I in keyof Results]: OutputOf<Results[I]> }

/** Whether results of `G` may be appended to the arguments of a step that takes `T`. */
export type Fits<G extends Gives, T extends Takes> = [T] extends [never]
  ? true
  : false extends FitsEach<G, T>
    ? false
    : true

type FitsEach<G extends Gives, T> = T extends readonly ArgDescriptor[]
  ? G extends readonly AnyDescriptor[]
    ? FitsList<G, T>
    : true
  : true

type FitsList<G extends readonly unknown[], T extends readonly unknown[]> = G extends readonly [
  infer First,
  ...infer More,
]
  ? T extends readonly [infer Arg, ...infer Args]
    ? Arg extends RestDescriptor<infer Item>
      ? Accepts<First, Item> extends true
        ? FitsList<More, T>
        : false
      : Accepts<First, Arg> extends true
        ? FitsList<More, Args>
        : false
    : false
  : G extends readonly []
    ? T extends readonly [] | readonly [RestDescriptor]
      ? true
      : false
    : T extends readonly [RestDescriptor<infer Item>]
      ? Accepts<G[number], Item>
      : false

/** Whether what is written as `From` can be read as `To`: the same type on the wire, and values that fit. */
type Accepts<From, To> = From extends AnyDescriptor
  ? To extends AnyDescriptor
    ? [From['tag'], InputOf<From>] extends [To['tag'], InputOf<To>]
      ? true
      : false
    : false
  : false

/** Descriptors as text, for messages of the type checker: `int64, string, ...int64`. */
export type Show<List> = List extends string
  ? List
  : List extends readonly []
    ? 'nothing'
    : List extends readonly [infer Only]
      ? ShowOne<Only>
      : List extends readonly [infer First, ...infer More]
        ? `${ShowOne<First>}, ${Show<More>}`
        : List extends readonly (infer Item)[]
          ? `...${ShowOne<Item>}`
          : never

type ShowOne<D> =
  D extends RestDescriptor<infer Item> ? `...${Item['tag']}` : D extends AnyDescriptor ? D['tag'] : never
