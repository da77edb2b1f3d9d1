import { MemoryBackend } from '@machinery/core/memory'
import { describe, expect, test } from 'vitest'
import { backendCases } from '../src/index.js'
import { breakBackend, brokenBackends } from './fixtures/broken-backend.js'
import { casesNamed, failuresOf, impatient, quick } from './fixtures/run-cases.js'

test('the kit is content with the backend that the broken ones are made of', async () => {
  const server = new MemoryBackend()
  const cases = backendCases({ ...quick, create: () => breakBackend(server, () => ({})) })
  expect(await failuresOf(cases)).toEqual(new Map())
})

describe.concurrent('the kit finds a backend that', () => {
  test.for(brokenBackends)('$fault', { timeout: 30_000 }, async ({ breakage, foundBy }, { expect }) => {
    const server = new MemoryBackend()
    const shared = breakage()
    const cases = backendCases({ ...impatient, create: () => breakBackend(server, shared) })
    const failures = await failuresOf(casesNamed(cases, foundBy))
    expect([...failures.keys()].sort()).toEqual([...foundBy].sort())
  })
})
