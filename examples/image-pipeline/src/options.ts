import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parseBrokerUrl } from '@machinery/core'
import type { Connection } from './connect.js'

/** Each decodes a picture into memory. */
const MOST_AT_ONCE = 100

export interface Options extends Connection {
  /** Whether this process runs tasks, sends them, or does both. */
  readonly role: 'both' | 'worker' | 'send'
  /** Absent: pictures of its own. */
  readonly dir?: string
  /** Absent: a temporary directory. */
  readonly out?: string
  readonly concurrency: number
  readonly json: boolean
}

export const usage = `Makes thumbnails and a contact sheet of the pictures in a directory.

  npm start -- [--dir DIRECTORY] [--out DIRECTORY] [--concurrency N] [--json]
               [--broker redis://HOST [--role worker|send] [--queue NAME] [--lease MS]]

  --dir DIRECTORY    where the pictures are (default: some that the example draws itself)
  --out DIRECTORY    where to write (default: a new temporary directory)
  --concurrency N    how many tasks run at once, 1 to ${MOST_AT_ONCE} (default: twice the number of processors)
  --json             print the outcome as one JSON object in the last line
  --broker URL       send the tasks through Redis (default: through this process's memory)
  --role ROLE        worker: run tasks until Ctrl-C; send: leave them to workers elsewhere (default: both in one process)
  --queue NAME       the queue that senders and workers share (default: image-pipeline)
  --lease MS         after how long the tasks of a worker that died are given to others, 300 or more; the same for all
                     workers (default: 15000)
`

/** Thrown for a wrong option; the message says which. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options | 'help' {
  const values = parse(args)
  if (values.help) return 'help'
  const { broker, dir, out, json = false, queue = 'image-pipeline' } = values
  if (dir !== undefined) checkDirectory(dir)
  if (broker !== undefined) checkBroker(broker)
  if (queue === '') throw new UsageError('--queue takes a name, got "".')
  if (out === '') throw new UsageError('--out takes a directory, got "".')
  const concurrency = readNumber('--concurrency', values.concurrency, 1, MOST_AT_ONCE)
  const leaseMs = readNumber('--lease', values.lease, 300, 3_600_000)
  return {
    role: readRole(values.role, broker),
    queue,
    json,
    concurrency: concurrency ?? Math.min(2 * availableParallelism(), MOST_AT_ONCE),
    // Handlers get these paths, and may run in a process that was started elsewhere.
    ...(dir !== undefined && { dir: resolve(dir) }),
    ...(out !== undefined && { out: resolve(out) }),
    ...(broker !== undefined && { broker }),
    ...(leaseMs !== undefined && { leaseMs }),
  }
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

function readNumber(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const number = /^\d+$/.test(text) ? Number(text) : -1
  if (number >= least && number <= most) return number
  throw new UsageError(`${option} takes a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`)
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
        out: { type: 'string' },
        concurrency: { type: 'string' },
        json: { type: 'boolean' },
        broker: { type: 'string' },
        role: { type: 'string' },
        queue: { type: 'string' },
        lease: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
