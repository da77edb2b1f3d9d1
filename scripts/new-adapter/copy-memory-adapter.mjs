import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lib/root.mjs'
import { pascalCase } from './names.mjs'

const source = join(root, 'packages', 'core', 'src', 'memory')

/**
 * Core's memory adapter and the files that it consists of, under the new name, importing core as a user does.
 * @param {'broker' | 'backend'} kind
 * @param {string} name
 * @returns {Record<string, string>} path in the package → text
 */
export function copyMemoryAdapter(kind, name) {
  /** @type {Record<string, string>} */
  const copies = {}
  const waiting = [`memory-${kind}`]
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    const target = `src/${renamed(file, name)}.ts`
    if (copies[target] !== undefined) continue
    const text = readFileSync(join(source, `${file}.ts`), 'utf8')
    waiting.push(...[...text.matchAll(/from '\.\/([\w-]+)\.js'/g)].map(([, neighbour = '']) => neighbour))
    copies[target] = renamed(text, name)
  }
  return copies
}

/**
 * @param {string} text
 * @param {string} name
 */
function renamed(text, name) {
  return (
    text
      // The helpers for adapters export the contracts as well.
      .replaceAll(/'\.\.\/(adapter|contracts)\/index\.js'/g, "'@machinery/core/adapter'")
      .replaceAll(/\bMemory(?=[A-Z])/g, pascalCase(name))
      .replaceAll(/\bmemory-(?=[a-z])/g, `${name}-`)
      .replaceAll(/(?<=['`])memory(?=['`:])/g, name)
      .replaceAll(/\bmemory (broker|backend)/g, `${name} $1`)
  )
}
