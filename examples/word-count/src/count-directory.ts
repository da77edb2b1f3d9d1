import { resolve } from 'node:path'
import type { Server } from '@machinery/core'
import { findFiles } from './find-files.js'
import type { RankedWord } from './tasks.js'
import { countWords, rankCounts } from './tasks.js'

/** The most files on their way at once: a directory may hold any number of them. */
const IN_FLIGHT = 200
/** How many counts one ranking task takes: they travel in its message. */
const RANKED_AT_ONCE = 50_000
/** How many of the most frequent words are told. */
const TOP = 20

export interface Outcome {
  /** How many files were counted. */
  readonly files: number
  /** How many words they have. */
  readonly words: number
  readonly failed: readonly { readonly path: string; readonly reason: string }[]
  readonly top: readonly RankedWord[]
}

export interface CountOptions {
  /** How many tasks the worker runs at once: that many are kept on their way. */
  readonly concurrency: number
  /** Ends the counting; it rejects with the signal's reason. */
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number, failed: number) => void
}

/** Sends a task for each file, adds up the results, and lets delayed tasks rank the words. */
export async function countDirectory(server: Server, directory: string, options: CountOptions): Promise<Outcome> {
  const { concurrency, onProgress, signal } = options
  const failed: { path: string; reason: string }[] = []
  const fail = (path: Buffer, error: unknown) => {
    failed.push({ path: path.toString(), reason: error instanceof Error ? error.message : String(error) })
  }
  const paths: Buffer[] = []
  // The worker may have been started in another directory.
  for await (const found of findFiles(Buffer.from(resolve(directory)))) {
    signal.throwIfAborted()
    if ('file' in found) paths.push(found.file)
    else fail(found.unlisted, found.error)
  }

  const totals = new Map<string, number>()
  let [next, done, files, words] = [0, 0, 0, 0]
  const countOnes = async (): Promise<void> => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
      const result = await server.sendTask(countWords.s(path))
      try {
        for (const [word, count] of await result.get({ signal })) {
          totals.set(word, (totals.get(word) ?? 0) + count)
          words += count
        }
        files++
      } catch (error) {
        signal.throwIfAborted()
        fail(path, error)
      }
      // Results are kept for an hour, and nobody reads this one again.
      await server.purgeState(result.uuid)
      onProgress(++done, paths.length, failed.length)
    }
  }
  await Promise.all(Array.from({ length: Math.max(IN_FLIGHT, concurrency) }, countOnes))
  return { files, words, failed, top: await rank(server, totals, signal) }
}

/** Ranks part by part: the most frequent of all words are among the most frequent of each part. */
async function rank(server: Server, totals: Map<string, number>, signal: AbortSignal): Promise<readonly RankedWord[]> {
  const words = [...totals.keys()].sort()
  const counts = words.map((word) => totals.get(word) as number)
  const starts = Array.from({ length: Math.ceil(counts.length / RANKED_AT_ONCE) }, (_, part) => part * RANKED_AT_ONCE)
  const sent = await server.sendTasks(
    starts.map((start) => rankCounts.s(counts.slice(start, start + RANKED_AT_ONCE), TOP).with({ delay: '300ms' })),
  )
  const places = await Promise.all(
    sent.map(async (result, part) => (await result.get({ signal })).map((place) => place + (starts[part] as number))),
  )
  return places
    .flat()
    .map((place) => ({ word: words[place] as string, count: counts[place] as number }))
    .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
    .slice(0, TOP)
}
