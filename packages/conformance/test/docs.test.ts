import { readFileSync } from 'node:fs'
import * as adapter from '@machinery/core/adapter'
import { expect, test } from 'vitest'

const guide = readFileSync(new URL('../../../docs/adapters.md', import.meta.url), 'utf8')
const example = readFileSync(new URL('./fixtures/folder-broker.ts', import.meta.url), 'utf8')

test('all code in docs/adapters.md is quoted from the example that is tested', () => {
  const quotes = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  expect(quotes.length).toBeGreaterThan(3)
  for (const quote of quotes) expect(example).toContain(quote)
})

test('docs/adapters.md lists every function and value that adapters can import', () => {
  const explainedElsewhere = [
    'isCancelNotifier',
    'isDelayStore',
    'isQueueInspector',
    'isRecordRenewer',
    'isResultNotifier',
  ]
  const listed = Object.keys(adapter).filter((name) => !explainedElsewhere.includes(name))
  for (const name of listed) expect(guide, `\`${name}\` is not in docs/adapters.md`).toContain(`\`${name}\``)
})
