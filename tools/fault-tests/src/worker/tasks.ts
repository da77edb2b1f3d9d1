import { setTimeout as delay } from 'node:timers/promises'
import { type Server, taskContext } from '@machinery/core'
import type { LedgerWriter } from '../ledger.js'
import type { Failpoints } from './failpoints.js'

export interface TaskSettings {
  /** Tasks that this worker does not know. */
  readonly omit?: readonly string[]
  /** What tasks multiply their times with: 0 for a worker on which all are quick. @default 1 */
  readonly pace?: number
}

type Body = (...args: never[]) => unknown

/** Every task that the tests send. What they do is in the ledger; what they return is for results. */
export function registerTasks(
  server: Server,
  ledger: LedgerWriter,
  failpoints: Failpoints,
  settings: TaskSettings,
): void {
  const { pace = 1 } = settings
  const bodies: Readonly<Record<string, Body>> = {
    /** Answers which process ran it. */
    quick: () => process.pid,
    slow: async (ms: number) => {
      await sleep(ms * pace)
      return process.pid
    },
    /** Does not care whether it is told to give up. */
    stubborn: async (ms: number) => {
      await delay(ms * pace)
      return process.pid
    },
    /** Blocks the event loop. */
    blocking: (ms: number) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms * pace)
      return process.pid
    },
    failing: (text: string) => {
      throw new Error(text)
    },
    /** Fails so many times, then succeeds. */
    flaky: (failures: number) => {
      if (taskContext().attempt <= failures) throw new Error('not yet')
      return process.pid
    },
    member: async (n: number, ms: number) => {
      await sleep(ms * pace)
      return n
    },
    /** A chord's callback. */
    collect: (...numbers: number[]) => numbers.join(','),
    /** A callback that takes whatever comes. */
    note: () => undefined,
    /** Answers as many characters as it is asked for. */
    big: (characters: number) => 'x'.repeat(characters),
    /** Takes a text of any size. */
    length: (text: string) => text.length,
  }
  for (const [name, body] of Object.entries(bodies)) {
    if (settings.omit?.includes(name)) continue
    server.registerTask(name, async (...args: unknown[]) => {
      const { attempt, signature } = taskContext()
      const line = { uuid: signature.uuid, task: name, attempt }
      await failpoints.at('before-handler')
      const note = name === 'length' ? undefined : args
      ledger.write({ ...line, event: 'start', note })
      let result: unknown
      try {
        result = await body(...(args as never[]))
      } catch (error) {
        ledger.write({ ...line, event: taskContext().signal.aborted ? 'abort' : 'end', note: 'threw' })
        throw error
      }
      ledger.write({ ...line, event: 'end', note })
      await failpoints.at('after-handler')
      return result
    })
  }
}

function sleep(ms: number): Promise<void> {
  const { signal } = taskContext()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
