import type { TaskResult } from '../contracts/index.js'
import { InvalidArgumentError, isMachineryError } from '../errors/index.js'
import { encodeValue, inferGoType } from '../signature/index.js'
import { typed } from './encode-arguments.js'
import type { RegisteredTask } from './registry.js'
import { showValue } from './show-value.js'

/**
 * What a handler returned, as results that travel: by the declared results, else by the default Go type of the value.
 * @throws InvalidArgumentError, and nothing else, when it cannot travel: wrong type, cyclic, too deep, too large
 */
export function encodeResults(
  task: Pick<RegisteredTask, 'name' | 'definition'>,
  returned: unknown,
): readonly TaskResult[] {
  const declared = task.definition?.results
  if (declared === undefined) return encodeUndeclared(task.name, returned)
  if (declared.length === 0) return []
  const values = declared.length === 1 ? [returned] : returned
  if (!Array.isArray(values) || values.length !== declared.length) {
    throw new InvalidArgumentError(
      `Task ${task.name} declares ${declared.length} results and returned ${showValue(returned)}. Return an array of them.`,
    )
  }
  return declared.map((descriptor, index) => {
    const { goType, encode, tag } = typed(descriptor)
    const name = declared.length === 1 ? `The result of task ${task.name}` : `Result ${index + 1} of task ${task.name}`
    return { type: goType, value: attempt(`${name} (${tag})`, values[index], encode) }
  })
}

function encodeUndeclared(taskName: string, returned: unknown): readonly TaskResult[] {
  if (returned === undefined || returned === null) return []
  return attempt(`The result of task ${taskName}`, returned, (value) => {
    const type = inferGoType(value)
    return [{ type, value: encodeValue(type, value) }]
  })
}

/** Runs `encode`; whatever it throws becomes an InvalidArgumentError that names the result. */
function attempt<Encoded>(name: string, value: unknown, encode: (value: unknown) => Encoded): Encoded {
  try {
    return encode(value)
  } catch (cause) {
    const reason = isMachineryError(cause, 'MACHINERY_INVALID_ARGUMENT')
      ? cause.message
      : `${showValue(value)} cannot travel: ${reasonOf(cause)}.`
    throw new InvalidArgumentError(`${name}: ${reason}`, { cause })
  }
}

function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message.slice(0, 200) : showValue(error)
  } catch {
    return 'an unprintable error'
  }
}
