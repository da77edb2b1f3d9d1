import { InvalidArgumentError, isMachineryError } from '../errors/index.js'
import { decodeValue, type Signature, type SignatureArg } from '../signature/index.js'
import { collect } from './collect.js'
import { countArguments, descriptorAt, requiredCount } from './encode-arguments.js'
import type { RegisteredTask } from './registry.js'

/**
 * The values a handler is called with. Declared tasks check number and types; others take what the sender says.
 * A promise only where a schema validates asynchronously.
 * @throws InvalidArgumentError in Machinery's words, naming the task and the argument
 */
export function decodeArguments(
  task: Pick<RegisteredTask, 'name' | 'definition'>,
  signature: Pick<Signature, 'args'>,
): unknown[] | Promise<unknown[]> {
  const { args } = signature
  const declared = task.definition?.args
  if (declared !== undefined) {
    const required = requiredCount(declared)
    if (args.length < required) throw wrongCount('few', task.name, required, args.length)
    if (descriptorAt(declared, args.length - 1) === undefined && args.length > 0) {
      throw wrongCount('many', task.name, declared.length, args.length)
    }
  }
  return collect(args.length, (index) => {
    const arg = args[index] as SignatureArg
    const descriptor = declared === undefined ? undefined : descriptorAt(declared, index)
    try {
      const value = descriptor === undefined ? decodeValue(arg.type, arg.value) : descriptor.decode(arg)
      return value instanceof Promise ? value.catch((error: unknown) => fail(error, task.name, index)) : value
    } catch (error) {
      return fail(error, task.name, index)
    }
  })
}

function wrongCount(how: 'few' | 'many', taskName: string, expected: number, got: number): InvalidArgumentError {
  return new InvalidArgumentError(
    `reflect: Call with too ${how} input arguments: task ${taskName} takes ${countArguments(expected)}, got ${got}`,
  )
}

/** A schema may fail for reasons of its own, such as a database that is down: those errors stay what they are. */
function fail(error: unknown, taskName: string, index: number): never {
  if (!isMachineryError(error, 'MACHINERY_INVALID_ARGUMENT')) throw error
  const isMismatch = error.message.startsWith('reflect: ')
  const prefix = isMismatch ? '' : 'Reflect task args error: '
  throw new InvalidArgumentError(`${prefix}${error.message} (argument ${index + 1} of task ${taskName})`, {
    cause: error,
  })
}
