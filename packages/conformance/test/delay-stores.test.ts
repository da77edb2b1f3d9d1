import { describe, expect, test } from 'vitest'
import { backendCases, type ConformanceCase } from '../src/index.js'
import { brokenDelayStores, DelayStoreBackend } from './fixtures/memory-delay-store.js'
import { casesNamed, failuresOf, impatient, quick } from './fixtures/run-cases.js'

function delayStoreCases(options: Parameters<typeof backendCases>[0]): readonly ConformanceCase[] {
  return backendCases(options).filter(({ group }) => group.startsWith('storing delayed messages'))
}

test('the kit is content with a delay store that does all it must', async () => {
  const outcomes = []
  for (const { run } of delayStoreCases({ ...quick, create: () => new DelayStoreBackend() })) outcomes.push(await run())
  expect(outcomes).toEqual(outcomes.map(() => ({ status: 'passed' })))
  expect(outcomes.length).toBeGreaterThan(0)
})

describe.concurrent('the kit finds a delay store that', () => {
  test.for(brokenDelayStores)('$fault', async ({ Store, foundBy }, { expect }) => {
    const cases = delayStoreCases({ ...impatient, create: () => new Store() })
    expect([...(await failuresOf(casesNamed(cases, foundBy))).keys()]).toEqual(foundBy)
  })
})
