import { InvalidArgumentError } from '../errors/index.js'
import type { SignatureArg } from '../signature/index.js'
import { checkDescriptor } from './check-descriptor.js'
import { showValue } from './show-value.js'

/**
 * One argument or result: at once a static type, a run-time check and a Go wire type.
 * `In` is what a sender gives, `Out` what a receiver gets; they differ where a schema transforms.
 */
export interface Descriptor<In = unknown, Out = In, Tag extends string = string> {
  /** The type that travels: `int64`, `[]string`, … */
  readonly goType: string
  /** What the steps of a workflow are matched by: the Go type, or `json` for JSON text. Also its name in messages. */
  readonly tag: Tag
  /**
   * The value in the form it travels in.
   * @throws InvalidArgumentError when the value does not fit
   */
  readonly encode: (value: In) => unknown
  /**
   * The value of a received argument, checked. A promise only where a schema validates asynchronously.
   * @throws InvalidArgumentError when the argument does not fit
   */
  readonly decode: (arg: SignatureArg) => Out | Promise<Out>
}

/** Any number of further arguments of one kind, as in Go's `func(...int64)`. Comes last. */
export interface RestDescriptor<Item extends AnyDescriptor = AnyDescriptor> {
  readonly rest: Item
}

/** A descriptor whose types do not matter here. */
export type AnyDescriptor = Descriptor<never, unknown, string>

/** What the `args` of a task are made of. */
export type ArgDescriptor = AnyDescriptor | RestDescriptor

/** What a sender gives for `D`. */
export type InputOf<D> = D extends Descriptor<infer In, infer _Out, infer _Tag> ? In : never

/** What a receiver gets for `D`. */
export type OutputOf<D> = D extends Descriptor<infer _In, infer Out, infer _Tag> ? Out : never

/** The arguments that a sender gives, as a tuple. */
export type InputsOf<Args extends readonly ArgDescriptor[]> = Args extends readonly [infer Head, ...infer Tail]
  ? Head extends RestDescriptor<infer Item>
    ? InputOf<Item>[]
    : Tail extends readonly ArgDescriptor[]
      ? [InputOf<Head>, ...InputsOf<Tail>]
      : never
  : []

/** The parameters that a handler gets, as a tuple. */
export type OutputsOf<Args extends readonly ArgDescriptor[]> = Args extends readonly [infer Head, ...infer Tail]
  ? Head extends RestDescriptor<infer Item>
    ? OutputOf<Item>[]
    : Tail extends readonly ArgDescriptor[]
      ? [OutputOf<Head>, ...OutputsOf<Tail>]
      : never
  : []

/**
 * Declares that any number of arguments of this kind follow. Only as the last of `args`.
 * @throws TypeError for what is no descriptor
 */
export function rest<Item extends AnyDescriptor>(item: Item): RestDescriptor<Item> {
  checkDescriptor('The item of rest()', item)
  return Object.freeze({ rest: item })
}

export function isRest(descriptor: ArgDescriptor): descriptor is RestDescriptor {
  return 'rest' in descriptor
}

/** The error for a value that does not fit; `hint` says what to do. */
export function unfit(value: unknown, expected: string, hint: string): InvalidArgumentError {
  return new InvalidArgumentError(`${showValue(value)} is not ${expected}. ${hint}`)
}

/** What to do about a value that is no number: text that reads as one needs only be converted. */
export function numberHint(value: unknown, hint: string, convert: 'Number' | 'BigInt' = 'Number'): string {
  const isNumeric = typeof value === 'string' && /^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(value) && value.length < 100
  return isNumeric ? `It is a string: convert it, as in ${convert}(text).` : hint
}

/** The error for an argument of another Go type, in the words of Go. */
export function wrongType(arg: SignatureArg, goType: string): InvalidArgumentError {
  return new InvalidArgumentError(`reflect: Call using ${arg.type} as type ${goType}: got ${showValue(arg.value)}`)
}
