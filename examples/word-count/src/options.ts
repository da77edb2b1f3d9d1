import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { parseBrokerUrl } from '@machinery/core'
import type { Connection } from './connect.js'

/** More files than this at once would only use up file descriptors. */
const MOST_AT_ONCE = 1_000

export interface Options extends Connection {
  /** Whether this process runs tasks, sends them, or does both. */
  readonly role: 'both' | 'worker' | 'send'
  readonly dir: string
  readonly concurrency: number
  readonly json: boolean
}

export const usage = `Counts the words of the text and Markdown files below a directory.

  npm start -- [--dir DIRECTORY] [--concurrency N] [--json]
               [--broker redis://HOST [--role worker|send] [--queue NAME]]

  --dir DIRECTORY    where to look (default: this repository, its installed packages included)
  --concurrency N    how many files are counted at once, 1 to ${MOST_AT_ONCE} (default: twice the number of processors)
  --json             print the outcome as one JSON object in the last line
  --broker URL       send the tasks through Redis (default: through this process's memory)
  --role ROLE        worker: run tasks until Ctrl-C; send: leave them to workers elsewhere (default: both in one process)
  --queue NAME       the queue that senders and workers share (default: word-count)
`

/** Thrown for a wrong option; the message says which. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[], defaultDir: string): Options | 'help' {
  const values = parse(args)
  if (values.help) return 'help'
  const { broker, dir = defaultDir, json = false, queue = 'word-count' } = values
  checkDirectory(dir)
  if (broker !== undefined) checkBroker(broker)
  if (queue === '') throw new UsageError('--queue takes a name, got "".')
  const [role, concurrency] = [readRole(values.role, broker), readConcurrency(values.concurrency)]
  return { role, dir, concurrency, json, queue, ...(broker !== undefined && { broker }) }
}

function readRole(role: string | undefined, broker: string | undefined): Options['role'] {
  if (role === undefined) return 'both'
  if (role !== 'worker' && role !== 'send') {
    throw new UsageError(`--role takes worker or send, got ${JSON.stringify(role)}.`)
  }
  if (broker === undefined) throw new UsageError(`--role ${role} needs a --broker that other processes can reach.`)
  return role
}

function checkBroker(broker: string): void {
  let kind: string | undefined
  try {
    kind = parseBrokerUrl(broker).kind
  } catch {
    // The value is not shown: it may hold a password.
  }
  if (kind !== 'redis' && kind !== 'redis-socket') {
    throw new UsageError('--broker takes a URL such as redis://localhost:6379, got something else.')
  }
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
        broker: { type: 'string' },
        role: { type: 'string' },
        queue: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
