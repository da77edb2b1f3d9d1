import { RawNumber } from './raw-number.js'
import { hasTrailingData, scanJson } from './scan-json.js'
import { toWellFormed } from './well-formed.js'

/** What `JSON.parse` passes to a reviver as third argument, which the type library does not know yet. */
type SourceReviver = (key: string, value: unknown, context: { source: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => unknown

/**
 * Parses JSON without corrupting numbers: an integer beyond 2^53 becomes a `bigint`, a literal that would be written
 * differently again (`1.50`, `1e3`) a `RawNumber`, every other a `number`. Half a surrogate pair becomes U+FFFD.
 * Keys such as `__proto__` are ordinary own properties.
 *
 * @throws SyntaxError when `text` is not one JSON value, or nests deeper than `maxDepth`
 */
export function parseJson(text: string, maxDepth?: number): unknown {
  const scan = scanJson(text, maxDepth)
  return scan.plain ? parsePlain(text) : parseExact(text)
}

/** The first JSON value of `text`, parsed like `parseJson`; what follows it is ignored, as Go's decoder does. */
export function parseFirstJson(text: string, maxDepth?: number): unknown {
  const { start, end, plain } = scanJson(text, maxDepth)
  if (text.startsWith('null', start)) return null
  const value = hasTrailingData(text, end) ? text.slice(start, end) : text
  return plain ? parsePlain(value) : parseExact(value)
}

function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw likeGo(error)
  }
}

function parseExact(text: string): unknown {
  try {
    return parseWithSource(text, (_key, value, context) => {
      if (typeof value === 'number') return exactNumber(value, context.source)
      return typeof value === 'string' ? toWellFormed(value) : value
    })
  } catch (error) {
    throw likeGo(error)
  }
}

/** Nothing Go has an integer type for is longer: 20 digits, or a sign and 19. */
const longestInteger = 20

function exactNumber(value: number, source: string): number | bigint | RawNumber {
  if (
    Number.isSafeInteger(value) ? `${Object.is(value, -0) ? '-0' : value}` === source : isPlainFraction(value, source)
  ) {
    return value
  }
  return source.length <= longestInteger && /^-?\d+$/.test(source) ? BigInt(source) : new RawNumber(source)
}

function isPlainFraction(value: number, source: string): boolean {
  return (!Number.isInteger(value) || source.length > longestInteger) && String(value) === source
}

/** V8's complaint in the words of Go's decoder, as far as they can be told. */
function likeGo(error: unknown): SyntaxError {
  const message = error instanceof Error ? error.message : String(error)
  if (message.startsWith('Unexpected end')) return new SyntaxError('unexpected EOF', { cause: error })
  const token = /^Unexpected token '(.+?)',/su.exec(message)?.[1]
  const reason = token === undefined ? `invalid JSON: ${message}` : `invalid character ${JSON.stringify(token)}`
  return new SyntaxError(reason, { cause: error })
}
