import { InvalidArgumentError } from '../errors/index.js'
import type { SignatureArg } from '../signature/index.js'
import { decodeValue } from '../signature/index.js'
import { type Descriptor, unfit, wrongType } from './descriptor.js'
import { showValue } from './show-value.js'
import type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js'

/** A value of any shape, as JSON text. */
export type JsonDescriptor<In, Out = In> = Descriptor<In, Out, 'json'>

/**
 * A value of any shape. It travels as Go's `string` holding JSON text, so that a Go worker can take it too.
 *
 * With a schema (any Standard Schema), senders give its input type, and handlers get its output type, defaults and
 * transformations applied. A sender checks what a schema can tell at once; where it answers with a promise, only the
 * receiver checks. Without a schema nothing is checked: `json<T>()` trusts the other side.
 * @throws TypeError for what is no Standard Schema
 */
export function json<T>(): JsonDescriptor<T>
export function json<In, Out>(schema: StandardSchema<In, Out>): JsonDescriptor<In, Out>
export function json(schema?: StandardSchema): JsonDescriptor<unknown> {
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function') {
    throw new TypeError(
      `json() takes a schema, got ${showValue(schema)}, which is none. Give one of Zod, Valibot or ArkType, or json<T>() to check nothing.`,
    )
  }
  let isAsync = false
  return Object.freeze({
    goType: 'string',
    tag: 'json',
    encode: (value: unknown) => {
      if (schema !== undefined && !isAsync) {
        const result = validate(schema, value)
        if (result instanceof Promise) {
          isAsync = true
          // Nobody waits for this one: the receiver validates again.
          result.catch(() => {})
        } else {
          outputOf(result, value)
        }
      }
      return toText(value)
    },
    decode: (arg: SignatureArg) => {
      const value = parse(arg)
      if (schema === undefined) return value
      const result = validate(schema, value)
      return result instanceof Promise ? result.then((settled) => outputOf(settled, value)) : outputOf(result, value)
    },
  })
}

function toText(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new InvalidArgumentError(
      `${showValue(value)} cannot be written as JSON: ${reasonOf(cause)}. Send plain data: no cycles, no bigint, no deep nesting.`,
      { cause },
    )
  }
  if (text === undefined) throw unfit(value, 'a JSON value', 'Use null for nothing.')
  return text
}

function parse(arg: SignatureArg): unknown {
  const text = decodeValue(arg.type, arg.value)
  if (arg.type !== 'string' || typeof text !== 'string') throw wrongType(arg, 'string')
  try {
    return JSON.parse(text)
  } catch (cause) {
    const hint = 'The sender must declare the argument as json() too, or give JSON text.'
    throw new InvalidArgumentError(`${showValue(text)} is not JSON text. ${hint}`, { cause })
  }
}

function validate(schema: StandardSchema, value: unknown): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  try {
    return schema['~standard'].validate(value)
  } catch (cause) {
    throw new InvalidArgumentError(`The schema threw on ${showValue(value)}: ${reasonOf(cause)}.`, { cause })
  }
}

function outputOf(result: SchemaResult<unknown>, value: unknown): unknown {
  if (result.issues === undefined) return result.value
  const shown = result.issues.slice(0, 5).map(showIssue).join('; ')
  const more = result.issues.length > 5 ? `; and ${result.issues.length - 5} more` : ''
  throw new InvalidArgumentError(`${showValue(value)} does not fit its schema: ${shown}${more}.`)
}

function showIssue({ message, path }: SchemaIssue): string {
  if (path === undefined || path.length === 0) return message
  const at = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return `${at}: ${message}`
}

function reasonOf(error: unknown): string {
  // V8 draws a cycle over several lines; the first one says it all.
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : showValue(error)
}
