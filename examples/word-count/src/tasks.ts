import { bytes, defineTask, exponential, int, json } from '@machinery/core'

/** How often each word occurs. */
export type WordCounts = Readonly<Record<string, number>>

/** Counts one file. Its path travels as bytes: names on disk need not be text. */
export const countWords = defineTask('count-words', {
  args: [bytes],
  result: json<WordCounts>(),
  retry: { attempts: 3, backoff: exponential('100ms', { max: '1s' }) },
  timeout: '2m',
})

/** The most frequent words, most frequent first, ties in alphabetical order. */
export const rankWords = defineTask('rank-words', {
  args: [json<WordCounts>(), int],
  result: json<readonly RankedWord[]>(),
})

export interface RankedWord {
  readonly word: string
  readonly count: number
}
