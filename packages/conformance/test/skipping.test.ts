import { MemoryBackend, MemoryBroker, NullBackend } from '@machinery/core/memory'
import { expect, test } from 'vitest'
import { backendCases, brokerCases, type ConformanceCase } from '../src/index.js'
import { quick } from './fixtures/run-cases.js'

async function skippedReasons(cases: readonly ConformanceCase[]): Promise<ReadonlySet<string>> {
  const outcomes = await Promise.all(cases.map(({ run }) => run()))
  return new Set(outcomes.map((each) => (each.status === 'skipped' ? each.reason : '')).filter((each) => each !== ''))
}

test('what an adapter declares not to do is skipped with the reason', async () => {
  class Plain extends MemoryBroker {
    override readonly capabilities = {
      maxDelayMs: 0,
      maxPriority: 0,
      maxBodyBytes: 65_536,
      redelivery: 'never' as const,
    }
  }
  const server = new Plain()
  const cases = brokerCases({
    ...quick,
    create: () => new Plain({ sharedWith: server }),
    ordered: false,
    bodies: 'text',
  })
  expect(await skippedReasons(cases)).toEqual(
    new Set([
      "the kit's option bodies says that the service carries text only",
      "the kit's option ordered says that the service keeps no order",
      'maxDelayMs is 0',
      'maxDelayMs is below 10 minutes',
      'maxPriority is 0',
      "redelivery is 'never'",
      'the kit was given no dropConnections()',
      'the kit was given no restartServer()',
      'it is no DelayStore',
    ]),
  )
})

test('a backend that keeps nothing is asked for nothing but that', async () => {
  const cases = backendCases({ ...quick, create: () => new NullBackend() })
  const reasons = await skippedReasons(cases)
  expect(reasons).toContain("reads is 'never'")
  expect(reasons).toContain("chords is 'never'")
})

test('of an adapter that does everything, only outages and foreign roles are skipped where nobody can cause them', async () => {
  const server = new MemoryBackend()
  const cases = backendCases({ ...quick, create: () => new MemoryBackend({ sharedWith: server }) })
  expect(await skippedReasons(cases)).toEqual(
    new Set([
      "reads is 'many'",
      'it is no DelayStore',
      'the kit was given no dropConnections()',
      'the kit was given no restartServer()',
    ]),
  )
})
