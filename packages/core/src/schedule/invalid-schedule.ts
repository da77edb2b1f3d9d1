import { ConfigurationError } from '../errors/index.js'

/** At most this much of a refused text goes into a message. */
const SHOWN_CHARACTERS = 60

/** `text` in quotes for a message: control characters escaped, long text cut, so a hostile spec cannot forge log lines. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text)
}

/** The error for a `spec` that is refused. `problem` names the part, its value, and what is allowed there. */
export function invalidSchedule(spec: string, problem: string): ConfigurationError {
  return new ConfigurationError(`Invalid schedule ${quoted(spec)}: ${problem}`)
}
