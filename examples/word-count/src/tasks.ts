import { bytes, defineTask, exponential, int, json, list } from '@machinery/core'

/** How often each word occurs: pairs, as an object with a million keys would be slow. */
export type WordCounts = readonly (readonly [word: string, count: number])[]

/** Counts one file. Its path travels as bytes: names on disk need not be text. */
export const countWords = defineTask('count-words', {
  args: [bytes],
  result: json<WordCounts>(),
  retry: { attempts: 3, backoff: exponential('100ms', { max: '1s' }) },
  timeout: '2m',
})

/** Where the largest counts are in a list, largest first, of equal ones the first. Words may be long, so they stay behind. */
export const rankCounts = defineTask('rank-counts', { args: [list(int), int], result: list(int) })

export interface RankedWord {
  readonly word: string
  readonly count: number
}
