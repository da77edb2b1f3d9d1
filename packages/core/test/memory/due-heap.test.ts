import { describe, expect, test } from 'vitest'
import { DueHeap } from '../../src/memory/due-heap.js'
import { LinkedQueue } from '../../src/memory/linked-queue.js'

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let value = seed; ; ) {
    value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
    yield value
  }
}

describe('a heap by due time', () => {
  test('gives items soonest first, and in the order of arrival where they are due together', () => {
    const heap = new DueHeap<{ dueAt: number; name: number }>()
    const source = numbers(7)
    const items = Array.from({ length: 2_000 }, (_, name) => ({ dueAt: source.next().value % 50, name }))
    for (const item of items) heap.push(item)
    const expected = items.toSorted((a, b) => a.dueAt - b.dueAt || a.name - b.name)
    expect(heap.sorted()).toEqual(expected)
    expect(heap.nextDueAt).toBe(expected[0]?.dueAt)
    expect(Array.from({ length: 2_000 }, () => heap.pop())).toEqual(expected)
    expect(heap.pop()).toBeUndefined()
    expect(heap.nextDueAt).toBeUndefined()
    expect(heap.size).toBe(0)
  })

  test('stays sorted while items come and go', () => {
    const heap = new DueHeap<{ dueAt: number }>()
    const source = numbers(11)
    const held: number[] = []
    for (let round = 0; round < 3_000; round++) {
      if (round % 3 === 2) {
        held.sort((a, b) => a - b)
        expect(heap.pop()?.dueAt).toBe(held.shift())
      } else {
        const dueAt = source.next().value
        heap.push({ dueAt })
        held.push(dueAt)
      }
    }
  })
})

describe('a linked queue', () => {
  test('gives values first in, first out, and before them those that were put ahead', () => {
    const queue = new LinkedQueue<number>()
    queue.push(1)
    queue.push(2)
    queue.unshift(0)
    expect(queue.first(2)).toEqual([0, 1])
    expect(queue.size).toBe(3)
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([0, 1, 2, undefined])
    queue.unshift(5)
    queue.push(6)
    expect(queue.first(10)).toEqual([5, 6])
    expect([queue.shift(), queue.shift(), queue.size]).toEqual([5, 6, 0])
  })
})
