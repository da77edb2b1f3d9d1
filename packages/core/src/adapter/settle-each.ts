import { type Settled, settledOk } from '../contracts/index.js'

export interface SettleEachOptions {
  /** How many calls run at once, 1 or more. 1 keeps their order on the wire. @default 16 */
  readonly concurrency?: number
  /** Whether an error proves that the item was not done. Any other error leaves that unknown. @default () => false */
  readonly isRejected?: (error: unknown) => boolean
}

/**
 * For clients that know no batches: calls `act` for each item and answers one `Settled` per item, in the order of the
 * items. Never rejects. `act` resolving means `ok`, unless it resolves to a `Settled` of its own.
 */
export async function settleEach<T>(
  items: readonly T[],
  act: (item: T, index: number) => Promise<Settled | undefined>,
  options: SettleEachOptions = {},
): Promise<readonly Settled[]> {
  const { concurrency = 16, isRejected } = options
  const answers = new Array<Settled>(items.length)
  let next = 0

  async function work(): Promise<void> {
    while (next < items.length) {
      const index = next++
      try {
        answers[index] = (await act(items[index] as T, index)) ?? settledOk
      } catch (error) {
        answers[index] = { status: isRejected?.(error) ? 'rejected' : 'indeterminate', error }
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work))
  return answers
}
