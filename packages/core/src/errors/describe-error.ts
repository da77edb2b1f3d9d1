/** The most characters of an error text that are stored, sent or logged. */
const MAX_CHARACTERS = 8_192

/**
 * The text of anything that was thrown, safe to store: never throws, whatever the value does when it is looked at, and
 * never longer than some 8,000 characters. An error keeps its message, a string is the text, and anything else is
 * described as Machinery describes a panic.
 */
export function describeError(error: unknown): string {
  const text = textOf(error)
  return text.length <= MAX_CHARACTERS
    ? text
    : `${text.slice(0, MAX_CHARACTERS)}… (cut, ${text.length} characters in all)`
}

function textOf(error: unknown): string {
  try {
    if (typeof error === 'string') return error
    if (error instanceof Error)
      return typeof error.message === 'string' && error.message !== '' ? error.message : error.name
    return `Invoking task caused a panic: ${typeof error === 'object' ? 'an object that is no error' : String(error)}`
  } catch {
    return 'Invoking task caused a panic: a value that cannot be printed'
  }
}

/** Where an error was thrown, for logs; undefined for what is no error. Safe for any value, as `describeError`. */
export function stackOf(error: unknown): string | undefined {
  try {
    return error instanceof Error && typeof error.stack === 'string' ? error.stack.slice(0, MAX_CHARACTERS) : undefined
  } catch {
    return undefined
  }
}
