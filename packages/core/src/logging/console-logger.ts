import type { Logger } from '../contracts/logger.js'
import { isSecretName, printable, printableLines, printableQuoted, printableValue } from './printable.js'
import { hidden } from './redact-url.js'

/** From the most talkative to the quietest. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface ConsoleLoggerOptions {
  /** The least important level that is written. @default 'info' */
  readonly level?: LogLevel
  /** Where lines go; each call is one line with its line end, and a stack below it if there is one. @default process.stderr */
  readonly stream?: { write(line: string): unknown }
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/**
 * Writes one readable line per message: `2030-01-01T06:00:00.000Z WARN  Lost the connection. queue=mails attempt=3`.
 * Credentials in URLs are hidden and control characters escaped, so that nothing received can forge a line. A field named
 * `stack` follows on lines of its own, all of them indented. Never throws.
 * @throws TypeError when `level` is none of the four
 */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const { level = 'info', stream = process.stderr } = options
  const least = Object.hasOwn(ranks, level) ? ranks[level] : undefined
  if (least === undefined) {
    throw new TypeError(`consoleLogger() level must be debug, info, warn or error, got ${JSON.stringify(level)}.`)
  }

  const writer = (of: LogLevel): Logger['info'] => {
    if (ranks[of] < least) return () => {}
    const label = of.toUpperCase().padEnd(5)
    return (message, fields) => {
      try {
        stream.write(`${new Date().toISOString()} ${label} ${printable(String(message))}${formatFields(fields)}\n`)
      } catch {
        // There is nowhere left to report it, and a task must not fail for its log.
      }
    }
  }
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') }
}

function formatFields(fields: object | undefined): string {
  if (fields === undefined || fields === null) return ''
  let text = ''
  let stack = ''
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (key === 'stack' && typeof value === 'string') stack = printableLines(value, '    ')
    else text += ` ${printable(key)}=${isSecretName(key) ? hidden : printableQuoted(printableValue(value))}`
  }
  return text + stack
}
