import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { slotTag } from '../src/index.js'

/** The function that ioredis itself routes commands with. */
const slotOf = createRequire(createRequire(import.meta.url).resolve('ioredis'))('cluster-key-slot') as (
  key: string,
) => number

const keys = [
  'machinery_tasks',
  'group_0c7f',
  '{fast}:tasks',
  'a{b}c',
  'a{}b',
  '}',
  'a}b',
  '{a',
  '{}',
  '{{x}}',
  'ключ',
  'x{}{y}',
]

test.each(keys)('puts private keys of %j in its slot', (key) => {
  expect(slotOf(`${slotTag(key)}:ts:pending`)).toBe(slotOf(key))
})

test('wraps a plain key in braces, and keeps a key with a tag as it is', () => {
  expect(slotTag('machinery_tasks')).toBe('{machinery_tasks}')
  expect(slotTag('{fast}:tasks')).toBe('{fast}:tasks')
})

test('keeps the private keys of different keys apart, also where they share a tag', () => {
  expect(new Set(keys.map(slotTag)).size).toBe(keys.length)
  expect(slotTag('{fast}:a')).not.toBe(slotTag('{fast}:b'))
})
