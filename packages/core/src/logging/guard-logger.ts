import type { Logger } from '../contracts/logger.js'
import { isSecretName } from './printable.js'
import { redactText } from './redact.js'
import { hidden } from './redact-url.js'

const guarded = new WeakSet<Logger>()
const levels = ['debug', 'info', 'warn', 'error'] as const

/**
 * The same logger, made safe to call from anywhere: what it throws or rejects with goes nowhere, and credentials of URLs are
 * taken out of messages, fields and errors before it sees them. A logger that is guarded already is returned as it is.
 * @throws TypeError when one of the four methods is missing
 */
export function guardLogger(logger: Logger): Logger {
  if (guarded.has(logger)) return logger
  for (const level of levels) {
    if (typeof logger?.[level] !== 'function') {
      throw new TypeError(
        `A logger needs the methods debug, info, warn and error; this one has no ${level}(). Pass console, a pino or winston logger, or consoleLogger().`,
      )
    }
  }
  const guard = (level: (typeof levels)[number]): Logger['info'] => {
    return (message, fields) => {
      try {
        const text = redactText(String(message))
        const returned: unknown = fields === undefined ? logger[level](text) : logger[level](text, redactFields(fields))
        if (returned instanceof Promise) returned.catch(() => {})
      } catch {
        // A logger out of order is no reason for a task to fail.
      }
    }
  }
  const safe: Logger = { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') }
  guarded.add(safe)
  return safe
}

function redactFields(fields: object): object {
  const shown: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (isSecretName(key)) shown[key] = hidden
    else if (typeof value === 'string') shown[key] = redactText(value)
    else shown[key] = value instanceof Error ? redactError(value) : value
  }
  return shown
}

/**
 * The facts of an error as a new one. Loggers that keep structure print every property they find, and a client's error
 * may carry the command that failed, with its password.
 */
function redactError(error: Error, depth = 0): Error {
  const shown = new Error(redactText(error.message))
  shown.name = error.name
  shown.stack = redactText(error.stack ?? '')
  if ('code' in error && typeof error.code === 'string') Object.assign(shown, { code: error.code })
  if (error.cause instanceof Error && depth < 5) shown.cause = redactError(error.cause, depth + 1)
  return shown
}
