import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'

const endings = ['.md', '.markdown', '.txt', '.text']

/** What a search comes across: a file to count, or a directory that could not be listed. */
export type Found = { readonly file: Buffer } | { readonly unlisted: Buffer; readonly error: unknown }

/**
 * Finds the text and Markdown files below a directory, its packages included. Names are bytes: on disk they need not be
 * text. Links to directories are not followed, so it ends; links to files count as files. Pipes, sockets and devices are
 * no files, whatever they are called.
 */
export async function* findFiles(directory: Buffer): AsyncGenerator<Found> {
  const waiting = [directory]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    let entries: Dirent<Buffer>[]
    try {
      entries = await readdir(next, { withFileTypes: true, encoding: 'buffer' })
    } catch (error) {
      yield { unlisted: next, error }
      continue
    }
    for (const entry of entries.sort((a, b) => Buffer.compare(a.name, b.name))) {
      const path = Buffer.concat([next, Buffer.from('/'), entry.name])
      if (entry.isDirectory()) waiting.push(path)
      else if (hasTextEnding(entry.name) && (await isFile(entry, path))) yield { file: path }
    }
  }
}

function hasTextEnding(name: Buffer): boolean {
  const text = name.toString('latin1').toLowerCase()
  return endings.some((ending) => text.endsWith(ending))
}

async function isFile(entry: Dirent<Buffer>, path: Buffer): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile()
  // A link that leads nowhere counts as a file, so that it is reported and not passed over.
  return stat(path).then(
    (target) => target.isFile(),
    () => true,
  )
}
