import { describe, expect, test } from 'vitest'
import { chunk, settledOk, settleEach } from '../../src/adapter/index.js'

describe('settleEach', () => {
  test('answers per item in the order of the items, whatever the order of completion', async () => {
    const error = new Error('refused')
    const answers = await settleEach([30, 1, 15, 0], async (ms, index) => {
      await new Promise((resolve) => setTimeout(resolve, ms))
      if (index === 2) throw error
    })
    expect(answers).toEqual([settledOk, settledOk, { status: 'indeterminate', error }, settledOk])
  })

  test('reads an error as rejected only where that is proven', async () => {
    const answers = await settleEach(
      ['no such queue', 'connection reset'],
      async (message) => {
        throw new Error(message)
      },
      { isRejected: (error) => error instanceof Error && error.message === 'no such queue' },
    )
    expect(answers.map((each) => each.status)).toEqual(['rejected', 'indeterminate'])
  })

  test('takes the answer that the call gives itself', async () => {
    const own = { status: 'rejected', error: 'stale' } as const
    expect(await settleEach([1, 2], async (item) => (item === 1 ? own : undefined))).toEqual([own, settledOk])
  })

  test('runs as many calls at once as allowed, and never more', async () => {
    let running = 0
    let most = 0
    await settleEach(
      Array.from({ length: 20 }),
      async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
      },
      { concurrency: 3 },
    )
    expect(most).toBe(3)
  })

  test('keeps the order of calls when one runs at a time', async () => {
    const seen: number[] = []
    await settleEach(
      [3, 1, 2],
      async (item) => {
        await new Promise((resolve) => setTimeout(resolve, item))
        seen.push(item)
      },
      { concurrency: 1 },
    )
    expect(seen).toEqual([3, 1, 2])
  })

  test('answers no items with nothing', async () => {
    expect(await settleEach([], async () => undefined)).toEqual([])
  })
})

describe('chunk', () => {
  test('cuts a list into pieces of at most the size', () => {
    expect(chunk([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]])
    expect(chunk([1, 2, 3, 4], 2)).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  test('gives a list that fits as it is, and nothing of an empty one', () => {
    const list = [1, 2]
    expect(chunk(list, 2)[0]).toBe(list)
    expect(chunk([], 2)).toEqual([])
  })
})
