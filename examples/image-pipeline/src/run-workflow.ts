import { setTimeout as delay } from 'node:timers/promises'
import type { Server, WorkflowResult } from '@machinery/core'
import type { ContactSheet } from './tasks.js'
import { contactSheetOf } from './workflow.js'

/** How often the status is asked for, in milliseconds; less often where the answer takes long. */
const STATUS_EVERY_MS = 200

export interface RunOptions {
  /** Where to write. */
  readonly out: string
  /** Cancels the workflow. */
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Sends the workflow for these pictures and waits for its contact sheet.
 * @throws what sending and waiting throw, and the reason of `signal`
 */
export async function runWorkflow(
  server: Server,
  paths: readonly string[],
  options: RunOptions,
): Promise<ContactSheet> {
  const { onProgress, out, signal } = options
  const run = await server.sendChord(contactSheetOf(paths, out))
  const ended = new AbortController()
  const watched = watch(run, onProgress, ended.signal)
  try {
    return await run.get({ signal })
  } catch (error) {
    // Workers elsewhere would go on otherwise. If they cannot be told, that is not what went wrong first.
    if (signal.aborted) await run.cancel().catch(() => {})
    throw error
  } finally {
    ended.abort()
    await watched
  }
}

async function watch(run: WorkflowResult, onProgress: RunOptions['onProgress'], ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const askedAt = performance.now()
    // A status that cannot be had is shown a little later: the run itself waits out what ails the backend.
    const status = await run.status().catch(() => undefined)
    if (status !== undefined && 'total' in status) onProgress(status.succeeded, status.total)
    const pause = Math.max(STATUS_EVERY_MS, 5 * (performance.now() - askedAt))
    await delay(pause, undefined, { signal: ended }).catch(() => {})
  }
  const status = await run.status().catch(() => undefined)
  if (status !== undefined && 'total' in status) onProgress(status.succeeded, status.total)
}
