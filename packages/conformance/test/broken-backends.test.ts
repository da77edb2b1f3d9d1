import { MemoryBackend } from '@machinery/core/memory'
import { describe, expect, test } from 'vitest'
import { backendCases } from '../src/index.js'
import { breakBackend, brokenBackends } from './fixtures/broken-backend.js'
import { impatient, runCases } from './fixtures/run-cases.js'

test('the backend that the broken ones are made of is found to be correct', async () => {
  const server = new MemoryBackend()
  const cases = backendCases({ ...impatient, create: () => breakBackend(server, () => ({})) })
  expect(await runCases(cases)).toEqual(new Map())
})

describe('the kit finds a backend that', () => {
  test.for(brokenBackends)('$fault', async ({ breakage, foundBy }) => {
    const server = new MemoryBackend()
    const shared = breakage()
    const cases = backendCases({ ...impatient, create: () => breakBackend(server, shared) })
    const failures = await runCases(cases)
    expect([...failures.keys()]).toEqual(expect.arrayContaining([...foundBy]))
  })
})
