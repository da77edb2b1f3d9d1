const MAX_LENGTH = 80

/**
 * A value as text for an error message: its JSON-like form for scalars, its kind for the rest; at most about 80
 * characters. Never throws, whatever the value is, and never runs its code but a `Symbol.toStringTag` getter.
 */
export function showValue(value: unknown): string {
  try {
    return show(value)
  } catch {
    return `an unprintable ${typeof value}`
  }
}

function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > MAX_LENGTH
        ? `${JSON.stringify(value.slice(0, MAX_LENGTH))}… (${value.length} characters)`
        : JSON.stringify(value)
    case 'bigint':
      return cap(`${value}n`)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'function':
      return 'a function'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `an array of ${value.length}`
      return cap(`an object (${Object.prototype.toString.call(value).slice(8, -1)})`)
    default:
      return cap(String(value))
  }
}

function cap(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}
