import { showValue } from './show-value.js'

/**
 * Refuses what is no descriptor, as a caller without types may give it: `String`, `'int'`, nothing.
 * @param what for messages: `Argument 1 of task add`
 * @throws TypeError saying what descriptors look like
 */
export function checkDescriptor(what: string, given: unknown): void {
  if (isDescriptor(given)) return
  throw new TypeError(
    `${what} is ${showValue(given)}, which is no descriptor. Import one from @machinery/core: int, string, bool, list(int), json(), …`,
  )
}

/** @throws TypeError when it is no list of descriptors, the last of which may be a `rest()` */
export function checkArguments(taskName: string, given: readonly unknown[]): void {
  if (!Array.isArray(given)) {
    throw new TypeError(
      `args of task ${taskName} must be an array of descriptors, got ${showValue(given)}. Write args: [int].`,
    )
  }
  for (const [index, arg] of given.entries()) {
    const isRest = typeof arg === 'object' && arg !== null && 'rest' in arg
    checkDescriptor(`Argument ${index + 1} of task ${taskName}`, isRest ? arg.rest : arg)
  }
}

function isDescriptor(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  const { goType, encode, decode } = given as Readonly<Record<string, unknown>>
  return typeof goType === 'string' && typeof encode === 'function' && typeof decode === 'function'
}
