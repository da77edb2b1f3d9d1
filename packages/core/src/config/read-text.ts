import { ConfigurationError } from '../errors/errors.js'
import { notAllowed } from './check-field.js'
import type { ArgumentsField, Field } from './field.js'
import { parseGoBoolean, parseGoInteger } from './go-literals.js'

/**
 * The value that `text` stands for, for `checkField` to judge.
 * @param path the variable it comes from
 * @throws ConfigurationError when the text is no value of the field's kind
 */
export function readText(field: Field, path: string, text: string): unknown {
  switch (field.kind) {
    case 'text':
    case 'duration':
      return text
    case 'integer': {
      const value = parseGoInteger(text)
      if (value === undefined) throw notAllowed(field, path, text, `a whole number of ${field.min} to ${field.max}`)
      return Number(value)
    }
    case 'boolean':
      return field.trueByPresence || readBoolean(field, path, text)
    case 'tls':
      return readBoolean(field, path, text)
    case 'arguments':
      return readArguments(field, path, text)
  }
}

function readBoolean(field: Field, path: string, text: string): boolean {
  const value = parseGoBoolean(text)
  if (value === undefined) throw notAllowed(field, path, text, '1, t, true, 0, f or false')
  return value
}

/** `key:value,key:value`, as Go writes maps in one variable. */
function readArguments(field: ArgumentsField, path: string, text: string): object {
  if (text === '') return {}
  const pairs = text.split(',').map((pair): [string, unknown] => {
    const [key, value, ...more] = pair.split(':')
    if (key === undefined || key === '' || value === undefined || more.length > 0) {
      throw new ConfigurationError(
        `Configuration ${path} has an invalid map item: ${JSON.stringify(pair)}. Write it as key:value,key:value.`,
      )
    }
    return [key, field.envValues === 'text' ? value : readArgument(value)]
  })
  return Object.fromEntries(pairs)
}

function readArgument(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  const value = /^[+-]?\d/.test(text) ? parseGoInteger(text) : undefined
  const number = Number(value ?? Number.NaN)
  return Number.isSafeInteger(number) ? number : text
}
