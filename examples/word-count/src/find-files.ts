import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'

const endings = ['.md', '.markdown', '.txt', '.text']

/**
 * Finds the text and Markdown files below a directory, its packages included. Names are bytes: on disk they need not be
 * text. Links to directories are not followed, so it ends; links to files count as files.
 */
export async function* findFiles(directory: Buffer): AsyncGenerator<Buffer> {
  const waiting = [directory]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const entry of await list(next)) {
      const path = Buffer.concat([next, Buffer.from('/'), entry.name])
      if (entry.isDirectory()) waiting.push(path)
      else if (isText(entry)) yield path
    }
  }
}

/** What cannot be listed is passed over: it holds no file that could be read. */
async function list(directory: Buffer): Promise<Dirent<Buffer>[]> {
  const entries = await readdir(directory, { withFileTypes: true, encoding: 'buffer' }).catch(() => [])
  return entries.sort((a, b) => Buffer.compare(a.name, b.name))
}

function isText(entry: Dirent<Buffer>): boolean {
  const name = entry.name.toString('latin1').toLowerCase()
  return (entry.isFile() || entry.isSymbolicLink()) && endings.some((ending) => name.endsWith(ending))
}
