import { expect, test } from 'vitest'
import { slotTag } from '../src/index.js'

test('wraps a plain key in braces, and keeps a key with a tag as it is', () => {
  expect(slotTag('machinery_tasks')).toBe('{machinery_tasks}')
  expect(slotTag('{fast}:tasks')).toBe('{fast}:tasks')
})

test('keeps the private keys of different keys apart, also where they share a tag', () => {
  expect(new Set(['a', 'a}', 'b}', '{a', '{}', '{fast}:a', '{fast}:b'].map(slotTag)).size).toBe(7)
})
