import { ConfigurationError } from '../errors/errors.js'
import { redactText } from '../logging/redact.js'
import { hidden, redactUrl } from '../logging/redact-url.js'
import { toMilliseconds } from '../time/duration.js'
import type { ArgumentsField, Field, IntegerField, TextField } from './field.js'

/**
 * The value of one field as the configuration holds it, or its default where `value` is undefined.
 * @param path how to call the field in an error, for example `redis.maxIdle` or `REDIS_MAX_IDLE`
 * @throws ConfigurationError when the value is not one of those allowed
 */
export function checkField(field: Field, path: string, value: unknown): unknown {
  switch (field.kind) {
    case 'text':
      return checkText(field, path, value)
    case 'integer':
      return checkInteger(field, path, value)
    case 'boolean':
      if (value === undefined) return field.fallback
      if (typeof value === 'boolean') return value
      throw notAllowed(field, path, value, 'true or false')
    case 'arguments':
      return checkArguments(field, path, value)
    case 'duration':
      if (value === undefined) return field.fallback
      if (typeof value !== 'number' && typeof value !== 'string') {
        throw notAllowed(field, path, value, "milliseconds, or text such as '30s'")
      }
      try {
        return toMilliseconds(value, `Configuration ${path}`)
      } catch (error) {
        throw new ConfigurationError(error instanceof Error ? error.message : String(error))
      }
    case 'tls':
      if (value === undefined) return false
      if (typeof value === 'boolean') return value
      if (isPlainObject(value)) return { ...value }
      throw notAllowed(field, path, value, 'true, false, or an object with options of tls.connect')
  }
}

/** An error that shows the value, as far as it is no secret, and says what it must be. */
export function notAllowed(field: Field, path: string, value: unknown, allowed: string): ConfigurationError {
  return new ConfigurationError(`Configuration ${path} must be ${allowed}; got ${describe(field, value)}.`)
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function checkText(field: TextField, path: string, value: unknown): string {
  if (value === undefined || (value === '' && field.emptyMeansFallback)) return field.fallback
  const allowed = field.form?.words ?? 'text'
  if (typeof value !== 'string' || (field.form && !field.form.pattern.test(value))) {
    throw notAllowed(field, path, value, allowed)
  }
  return value
}

function checkInteger(field: IntegerField, path: string, value: unknown): number | undefined {
  if (value === undefined) return field.fallback
  if (!Number.isInteger(value) || (value as number) < field.min || (value as number) > field.max) {
    const unit = field.unit === undefined ? '' : `, in ${field.unit}`
    throw notAllowed(field, path, value, `a whole number of ${field.min} to ${field.max}${unit}`)
  }
  const number = value as number
  return number <= 0 && field.zeroOrLessMeansFallback ? field.fallback : number
}

function checkArguments(field: ArgumentsField, path: string, value: unknown): object {
  if (value === undefined) return {}
  if (!isPlainObject(value)) throw notAllowed(field, path, value, 'an object of strings, numbers and booleans')
  for (const [key, item] of Object.entries(value)) {
    const isAllowed =
      typeof item === 'string' || typeof item === 'boolean' || (typeof item === 'number' && Number.isFinite(item))
    if (!isAllowed) throw notAllowed(field, `${path}.${key}`, item, 'a string, a finite number or a boolean')
  }
  // fromEntries defines properties: a key named __proto__ stays a key.
  return Object.fromEntries(Object.entries(value))
}

function describe(field: Field, value: unknown): string {
  if (typeof value === 'string') {
    if (field.kind === 'text' && field.secrecy === 'secret') return hidden
    return JSON.stringify(
      field.kind === 'text' && field.secrecy === 'url' ? redactUrl(value) : redactText(value.slice(0, 200)),
    )
  }
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return `an object (${value.constructor?.name ?? 'without a class'})`
  if (typeof value === 'function') return 'a function'
  // A number may be somebody's password too.
  return field.kind === 'text' && field.secrecy !== undefined ? `a ${typeof value}` : String(value)
}
