import type { BatchEntry } from './turn-batcher.js'

/**
 * The answers to many entries, in order: one promise for all, where a promise for each costs too much.
 * @param onError stands in for the answer of a batch that failed
 */
export function answersOf<Item, Answer>(
  entries: readonly BatchEntry<Item, Answer>[],
  onError: (error: unknown) => Answer,
): Promise<readonly Answer[]> {
  return new Promise((resolve) => {
    const answers = new Array<Answer>(entries.length)
    let left = entries.length
    if (left === 0) resolve(answers)
    for (const [index, entry] of entries.entries()) {
      const settle = (answer: Answer): void => {
        answers[index] = answer
        left--
        if (left === 0) resolve(answers)
      }
      entry.settle(settle, (error) => settle(onError(error)))
    }
  })
}
