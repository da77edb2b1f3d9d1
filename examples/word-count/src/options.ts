import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

/** More files than this at once would only use up file descriptors. */
const MOST_AT_ONCE = 1_000

export interface Options {
  readonly dir: string
  readonly concurrency: number
  readonly json: boolean
}

export const usage = `Counts the words of the text and Markdown files below a directory.

  npm start -- [--dir DIRECTORY] [--concurrency N] [--json]

  --dir DIRECTORY    where to look (default: this repository, its installed packages included)
  --concurrency N    how many files are counted at once, 1 to ${MOST_AT_ONCE} (default: twice the number of processors)
  --json             print the outcome as one JSON object in the last line
`

/** Thrown for a wrong option; the message says which. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[], defaultDir: string): Options | 'help' {
  const values = parse(args)
  if (values.help) return 'help'
  const dir = values.dir ?? defaultDir
  checkDirectory(dir)
  return { dir, concurrency: readConcurrency(values.concurrency), json: values.json ?? false }
}

function readConcurrency(text: string | undefined): number {
  if (text === undefined) return Math.min(2 * availableParallelism(), MOST_AT_ONCE)
  const concurrency = /^\d+$/.test(text) ? Number(text) : 0
  if (concurrency >= 1 && concurrency <= MOST_AT_ONCE) return concurrency
  throw new UsageError(`--concurrency takes a whole number from 1 to ${MOST_AT_ONCE}, got ${JSON.stringify(text)}.`)
}

function checkDirectory(dir: string): void {
  let isDirectory: boolean
  try {
    isDirectory = statSync(dir).isDirectory()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reason = code === 'ENOENT' ? 'it does not exist' : error instanceof Error ? error.message : String(error)
    throw new UsageError(`--dir takes a directory, got ${JSON.stringify(dir)}: ${reason}.`)
  }
  if (!isDirectory) throw new UsageError(`--dir takes a directory, got ${JSON.stringify(dir)}: it is something else.`)
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        dir: { type: 'string' },
        concurrency: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
