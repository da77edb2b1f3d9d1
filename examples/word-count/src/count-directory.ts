import type { AsyncResult, Server } from '@machinery/core'
import { findFiles } from './find-files.js'
import type { RankedWord, WordCounts } from './tasks.js'
import { countWords, rankWords } from './tasks.js'

/** The most files on their way at once: a directory may hold any number of them. */
const IN_FLIGHT = 200

export interface Outcome {
  /** How many files were counted. */
  readonly files: number
  /** How many words they have. */
  readonly words: number
  readonly failed: readonly { readonly path: string; readonly reason: string }[]
  readonly top: readonly RankedWord[]
}

/** Sends a task for each file, adds up the results, and lets a delayed task rank the words. */
export async function countDirectory(
  server: Server,
  directory: string,
  onProgress: (done: number, total: number, failed: number) => void,
): Promise<Outcome> {
  const paths: Buffer[] = []
  for await (const path of findFiles(Buffer.from(directory))) paths.push(path)

  const totals = new Map<string, number>()
  const failed: { path: string; reason: string }[] = []
  let done = 0
  const settle = async (path: Buffer, result: AsyncResult<WordCounts>): Promise<void> => {
    try {
      for (const [word, count] of Object.entries(await result.get())) totals.set(word, (totals.get(word) ?? 0) + count)
    } catch (error) {
      failed.push({ path: path.toString(), reason: error instanceof Error ? error.message : String(error) })
    }
    onProgress(++done, paths.length, failed.length)
  }
  for (let start = 0; start < paths.length; start += IN_FLIGHT) {
    const batch = paths.slice(start, start + IN_FLIGHT)
    const results = await server.sendTasks(batch.map((path) => countWords.s(path)))
    await Promise.all(results.map((result, index) => settle(batch[index] as Buffer, result)))
  }

  const ranking = await server.sendTask(rankWords.s(Object.fromEntries(totals), 20).with({ delay: '300ms' }))
  const words = [...totals.values()].reduce((sum, count) => sum + count, 0)
  return { files: paths.length - failed.length, words, failed, top: await ranking.get() }
}
