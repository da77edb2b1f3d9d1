import { decodeValue, type SignatureArg } from '../signature/index.js'
import { collect } from './collect.js'
import type { AnyDescriptor } from './descriptor.js'
import { typed } from './encode-arguments.js'

/**
 * The value of a finished task: `undefined` for no result, the value for one, an array for several. Without descriptors,
 * or where a result has another number of values than declared, each is read by the type it travelled with.
 * A promise only where a schema validates asynchronously.
 * @throws InvalidArgumentError when a stored result does not fit its declaration, or its type is unknown
 */
export function decodeResults(
  results: readonly SignatureArg[],
  declared?: readonly AnyDescriptor[],
): unknown | Promise<unknown> {
  const isDeclared = declared !== undefined && declared.length === results.length
  const values = collect(results.length, (index) => {
    const result = results[index] as SignatureArg
    const descriptor = isDeclared ? declared[index] : undefined
    return descriptor === undefined ? decodeValue(result.type, result.value) : typed(descriptor).decode(result)
  })
  if (results.length > 1) return values
  return values instanceof Promise ? values.then(([only]) => only) : values[0]
}
