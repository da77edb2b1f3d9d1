import { parseFirstJson } from './parse-json.js'
import { isRecord, jsonKind } from './wire-fields.js'

/** The object that `text` is. `null` counts as an empty one, and what follows the first value is ignored, as in Go. */
export function parseRecord(text: string, goType: string, maxDepth?: number): object {
  const value = parseFirstJson(text, maxDepth)
  if (value === null) return {}
  if (isRecord(value)) return value
  throw new TypeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${goType}`)
}
