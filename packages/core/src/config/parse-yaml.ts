import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { ConfigurationError } from '../errors/errors.js'
import { redactText } from '../logging/redact.js'
import { isPlainObject } from './check-field.js'

/** A parsed file: plain values, and the text each scalar was written as. */
export interface YamlFile {
  readonly values: Record<string, unknown>
  /** What was written for a scalar without quotes, for example `0x10` or `007`; undefined for anything else. */
  sourceOf(path: readonly string[]): string | undefined
}

/** Enough for files that share sections by anchors, far too few to build a bomb. */
const mostAliases = 100

/**
 * Parses one YAML document whose root is a map. Aliases and merge keys work, tags of any kind are refused.
 * @param file how to call it in errors
 * @throws ConfigurationError with line and column; it quotes no values
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lineCounter = new LineCounter()
  try {
    // Pretty errors quote the line, which may be the one with the password. At log level silent, a second document
    // would pass unnoticed.
    const document = parseDocument(text, { lineCounter, merge: true, prettyErrors: false, logLevel: 'error' })
    const problem = document.errors[0] ?? document.warnings[0]
    if (problem !== undefined) {
      const { line, col } = lineCounter.linePos(problem.pos[0])
      throw invalid(`${file}:${line}:${col}`, problem.message)
    }
    const values: unknown = document.toJS({ maxAliasCount: mostAliases })
    if (values !== null && !(isMap(document.contents) && isPlainObject(values))) {
      throw invalid(file, 'the root must be a map of keys and values')
    }
    return {
      values: values === null ? {} : (values as Record<string, unknown>),
      sourceOf: (path) => plainSource(document, path),
    }
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    throw invalid(file, error instanceof Error ? error.message : String(error))
  }
}

function plainSource(document: Document.Parsed, path: readonly string[]): string | undefined {
  const node: unknown = document.getIn(path, true)
  return isScalar(node) && node.type === 'PLAIN' ? node.source : undefined
}

function invalid(where: string, problem: string): ConfigurationError {
  return new ConfigurationError(`Invalid configuration file ${where}: ${redactText(problem)}.`)
}
