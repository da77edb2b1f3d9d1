import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export interface Options {
  readonly dir: string
  readonly concurrency: number
  readonly json: boolean
}

export const usage = `Counts the words of the text and Markdown files below a directory.

  npm start -- [--dir DIRECTORY] [--concurrency N] [--json]

  --dir DIRECTORY    where to look (default: this repository, its installed packages included)
  --concurrency N    how many files are counted at once (default: twice the number of processors)
  --json             print the outcome as one JSON object in the last line
`

/** Thrown for a wrong option; the message says which. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[], defaultDir: string): Options | 'help' {
  const values = parse(args)
  if (values.help) return 'help'
  const concurrency = values.concurrency === undefined ? 2 * availableParallelism() : Number(values.concurrency)
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new UsageError(`--concurrency takes a whole number of 1 or more, got ${values.concurrency}.`)
  }
  return { dir: values.dir ?? defaultDir, concurrency, json: values.json ?? false }
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
