import { inspect } from 'node:util'
import { redactText } from './redact.js'

const mostCharacters = 10_000
const secretName =
  /pass(?:word|wd|phrase)?$|secret|credential|authorization|(?:^|access|auth|bearer|api)_?(?:token|key)$/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal or start a new line
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** One line of text that is safe to print: no secrets, no control characters, at most 10 000 characters. */
export function printable(text: string): string {
  return withoutSecrets(text).replace(unprintable, escapeCharacter)
}

/** The same in quotes where that is needed to see where it ends, as in JSON. */
export function printableQuoted(text: string): string {
  const plain = withoutSecrets(text)
  const shown = plain.replace(unprintable, escapeCharacter)
  // Escaped once: what JSON has escaped is printable already, but for what JSON leaves as it is.
  return /[\s"=]/.test(shown) || shown === '' ? JSON.stringify(plain).replace(unprintable, escapeCharacter) : shown
}

/** Text of several lines, each printable and behind `indent`, so that none can pass for the beginning of a log line. */
export function printableLines(text: string, indent: string): string {
  return withoutSecrets(text)
    .split(/\r?\n/)
    .map((line) => `\n${indent}${line.replace(unprintable, escapeCharacter)}`)
    .join('')
}

function withoutSecrets(text: string): string {
  const whole = text.length > mostCharacters ? text.slice(0, mostCharacters) : text
  const cut = text.length > mostCharacters ? `… (${text.length - mostCharacters} more characters)` : ''
  return redactText(whole) + cut
}

/** Any value as text for a log line; never throws. */
export function printableValue(value: unknown): string {
  try {
    if (typeof value === 'string') return value
    if (value instanceof Error) return describeError(value)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (typeof value === 'object' && value !== null) return inspectBriefly(value)
    return String(value)
  } catch {
    return '(unprintable)'
  }
}

/** Whether a field of this name holds a secret, by the looks of it. */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/** Only name, message and causes: what a client library hangs on its errors may be the command that failed, with its password. */
function describeError(error: Error): string {
  let text = `${error.name}: ${error.message}`
  let cause = error.cause
  for (let depth = 0; depth < 5 && cause instanceof Error; depth++, cause = cause.cause) {
    if (!text.includes(cause.message)) text += `; caused by ${cause.name}: ${cause.message}`
  }
  return text
}

function inspectBriefly(value: object): string {
  return inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 20, maxStringLength: 1000 })
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n'
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
