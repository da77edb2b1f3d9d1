import type { AnyDescriptor, ArgDescriptor, InputOf, InputsOf, OutputsOf } from './descriptor.js'

/** What a handler returns for these results: nothing, the value, or a tuple. */
export type Returned<Results extends readonly AnyDescriptor[]> = Results extends readonly []
  ? // biome-ignore lint/suspicious/noConfusingVoidType: it becomes a return type
    void
  : Results extends readonly [infer Only]
    ? InputOf<Only>
    : // Written as a tuple, not as a mapped type: so the compiler takes an array literal for one while it still infers.
      Results extends readonly [infer First, infer Second, ...infer More extends readonly AnyDescriptor[]]
      ? readonly [InputOf<First>, InputOf<Second>, ...InputsOf<More>]
      : never

/** The function that does a declared task's work, at once or asynchronously. */
export type Handler<Args extends readonly ArgDescriptor[], Results extends readonly AnyDescriptor[]> = (
  ...args: OutputsOf<Args>
) => Returned<Results> | PromiseLike<Returned<Results>>

/**
 * The function of a task without a definition: its parameters are what the sender says they are. What it returns is one
 * result of the default Go type of the value; `undefined` and `null` are no result.
 */
export type UntypedHandler = (...args: never[]) => unknown
