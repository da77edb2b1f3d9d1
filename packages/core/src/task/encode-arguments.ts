import { InvalidArgumentError, isMachineryError } from '../errors/index.js'
import type { SignatureArg } from '../signature/index.js'
import { type AnyDescriptor, type ArgDescriptor, type Descriptor, isRest } from './descriptor.js'
import type { TaskContract } from './task-contract.js'

/** The descriptor of the argument at `index`, or `undefined` beyond the last. */
export function descriptorAt(args: readonly ArgDescriptor[], index: number): Descriptor | undefined {
  const own = args[index]
  if (own !== undefined) return typed(isRest(own) ? own.rest : own)
  const last = args.at(-1)
  return last !== undefined && isRest(last) ? typed(last.rest) : undefined
}

/** A descriptor as run-time code uses it: it checks what it is given, so any value may be. */
export function typed(descriptor: AnyDescriptor): Descriptor {
  return descriptor as unknown as Descriptor
}

/** How many arguments a task takes at least. */
export function requiredCount(args: readonly ArgDescriptor[]): number {
  const last = args.at(-1)
  return last !== undefined && isRest(last) ? args.length - 1 : args.length
}

/**
 * Arguments as they travel.
 * @param isComplete whether all of them have to be there
 * @throws InvalidArgumentError naming the task and the argument
 */
export function encodeArguments(
  task: Pick<TaskContract, 'name' | 'args'>,
  given: readonly unknown[],
  isComplete: boolean,
): readonly SignatureArg[] {
  const encoded: SignatureArg[] = []
  for (let index = 0; index < given.length; index++) {
    const descriptor = descriptorAt(task.args, index)
    if (descriptor === undefined) {
      throw new InvalidArgumentError(
        `Task ${task.name} takes ${countArguments(task.args.length)}, got ${given.length}. Leave out the last ones.`,
      )
    }
    encoded.push({ type: descriptor.goType, value: encodeOne(task.name, index, descriptor, given[index]) })
  }
  const required = requiredCount(task.args)
  if (isComplete && given.length < required) {
    throw new InvalidArgumentError(
      `Task ${task.name} takes ${countArguments(required)}, got ${given.length}. Only .s(…) may leave some to the step before it.`,
    )
  }
  return encoded
}

export function countArguments(count: number): string {
  return count === 1 ? '1 argument' : `${count} arguments`
}

function encodeOne(taskName: string, index: number, descriptor: Descriptor, value: unknown): unknown {
  try {
    return descriptor.encode(value)
  } catch (cause) {
    if (!isMachineryError(cause, 'MACHINERY_INVALID_ARGUMENT')) throw cause
    throw new InvalidArgumentError(`Argument ${index + 1} of task ${taskName} (${descriptor.tag}): ${cause.message}`, {
      cause,
    })
  }
}
