import { readJson } from './read-json.js'
import { hasTrailingData, scanJson } from './scan-json.js'

/**
 * Parses JSON without corrupting numbers: an integer beyond 2^53 becomes a `bigint`, a literal that would be written
 * differently again (`1.50`, `1e3`) a `RawNumber`, every other a `number`. Half a surrogate pair becomes U+FFFD.
 * Keys such as `__proto__` are ordinary own properties.
 *
 * @throws SyntaxError, in the words of Go's decoder, when `text` is not one JSON value or nests deeper than `maxDepth`
 */
export function parseJson(text: string, maxDepth?: number): unknown {
  return parse(text, scanJson(text, maxDepth).plain)
}

/** The first JSON value of `text`, parsed like `parseJson`; what follows it is ignored, as Go's decoder does. */
export function parseFirstJson(text: string, maxDepth?: number): unknown {
  const { start, end, plain } = scanJson(text, maxDepth)
  if (text.startsWith('null', start)) return null
  return parse(hasTrailingData(text, end) ? text.slice(start, end) : text, plain)
}

function parse(text: string, isPlain: boolean): unknown {
  if (!isPlain) return readJson(text)
  try {
    return JSON.parse(text)
  } catch {
    // It throws too, and says what Go says.
    return readJson(text)
  }
}
