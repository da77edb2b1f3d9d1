import { describe, expect, test } from 'vitest'
import { TurnBatcher } from '../../src/batch/index.js'

/** A service that answers when it is told to. */
class Service {
  readonly calls: { readonly items: readonly number[]; readonly answer: (answers?: readonly string[]) => void }[] = []
  /** Resolves as soon as there have been so many calls. */
  async untilCalls(count: number): Promise<void> {
    while (this.calls.length < count) await new Promise((resolve) => setImmediate(resolve))
  }

  readonly flush = (items: readonly number[]): Promise<readonly string[]> =>
    new Promise((resolve) => {
      this.calls.push({ items, answer: (answers = items.map((item) => `did ${item}`)) => resolve(answers) })
    })

  get asked(): readonly (readonly number[])[] {
    return this.calls.map(({ items }) => items)
  }
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

describe('a batch', () => {
  test('is what one turn of the event loop produced, answered one by one', async () => {
    const service = new Service()
    const batcher = new TurnBatcher({ flush: service.flush })
    const answers = [1, 2, 3].map((item) => batcher.add(item).answer)
    await service.untilCalls(1)
    service.calls[0]?.answer()
    expect(await Promise.all(answers)).toEqual(['did 1', 'did 2', 'did 3'])
    expect(service.asked).toEqual([[1, 2, 3]])
  })

  test('grows while a call is under way, and no second call begins', async () => {
    const service = new Service()
    const batcher = new TurnBatcher({ flush: service.flush })
    batcher.add(1)
    await service.untilCalls(1)
    batcher.add(2)
    await turn()
    batcher.add(3)
    await turn()
    expect(service.asked).toEqual([[1]])
    service.calls[0]?.answer()
    await service.untilCalls(2)
    expect(service.asked).toEqual([[1], [2, 3]])
  })

  test('has at most as many items as may be handed over at once', async () => {
    const service = new Service()
    const batcher = new TurnBatcher({ flush: service.flush, maxItems: 2 })
    for (const item of [1, 2, 3]) batcher.add(item)
    await service.untilCalls(1)
    service.calls[0]?.answer()
    await service.untilCalls(2)
    expect(service.asked).toEqual([[1, 2], [3]])
  })
})

describe('calls that may overlap', () => {
  test('begin without waiting for one another, but never more than allowed', async () => {
    const service = new Service()
    const batcher = new TurnBatcher({ flush: service.flush, maxCalls: 2 })
    const first = batcher.add(1).answer
    await service.untilCalls(1)
    const second = batcher.add(2).answer
    await service.untilCalls(2)
    const third = batcher.add(3).answer
    await turn()
    expect(service.asked).toEqual([[1], [2]])
    service.calls[1]?.answer()
    expect(await second).toBe('did 2')
    await service.untilCalls(3)
    expect(service.asked).toEqual([[1], [2], [3]])
    service.calls[0]?.answer()
    service.calls[2]?.answer()
    expect(await Promise.all([first, third])).toEqual(['did 1', 'did 3'])
  })
})

describe('a turn of more items than one call takes', () => {
  test('leaves in as many calls at once as may be', async () => {
    const service = new Service()
    const batcher = new TurnBatcher({ flush: service.flush, maxItems: 2, maxCalls: 2 })
    for (const item of [1, 2, 3, 4, 5]) batcher.add(item)
    await service.untilCalls(2)
    await turn()
    expect(service.asked).toEqual([
      [1, 2],
      [3, 4],
    ])
    service.calls[0]?.answer()
    await service.untilCalls(3)
    expect(service.asked.at(-1)).toEqual([5])
  })
})

describe('an item', () => {
  test('may be replaced until it is handed over', async () => {
    const service = new Service()
    const batcher = new TurnBatcher({ flush: service.flush })
    const entry = batcher.add(1)
    const { answer } = entry
    entry.item = 2
    expect(entry.flushed).toBe(false)
    await service.untilCalls(1)
    expect(entry.flushed).toBe(true)
    service.calls[0]?.answer()
    expect(await answer).toBe('did 2')
  })
})

describe('a call that fails', () => {
  test('fails all its items, and the next batch is handed over all the same', async () => {
    const failures = [new Error('away'), undefined]
    const batcher = new TurnBatcher<number, string>({
      flush: async (items) => {
        const failure = failures.shift()
        if (failure !== undefined) throw failure
        return items.map(String)
      },
    })
    const answers = await Promise.allSettled([batcher.add(1).answer, batcher.add(2).answer])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await batcher.add(3).answer).toBe('3')
  })

  test('that answers too little is one', async () => {
    const batcher = new TurnBatcher<number, string>({ flush: async () => ['only one'] })
    const answers = await Promise.allSettled([batcher.add(1).answer, batcher.add(2).answer])
    expect(answers.map((answer) => answer.status === 'rejected' && String(answer.reason))).toEqual(
      Array(2).fill('Error: An adapter answered 1 of 2 items. It must answer each, in order.'),
    )
  })
})
