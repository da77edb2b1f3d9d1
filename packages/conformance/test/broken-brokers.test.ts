import { MemoryBroker } from '@machinery/core/memory'
import { describe, expect, test } from 'vitest'
import { brokerCases } from '../src/index.js'
import { breakBroker, brokenBrokers } from './fixtures/broken-broker.js'
import { type Attitude, Network, NetworkBroker } from './fixtures/network.js'
import { impatient, runCases } from './fixtures/run-cases.js'

test('the broker that the broken ones are made of is found to be correct', async () => {
  const server = new MemoryBroker()
  const cases = brokerCases({ ...impatient, create: () => breakBroker(server, {}) })
  expect(await runCases(cases)).toEqual(new Map())
})

describe.concurrent('the kit finds a broker that', () => {
  test.for(brokenBrokers)('$fault', async ({ breakage, foundBy }) => {
    const server = new MemoryBroker()
    const cases = brokerCases({ ...impatient, create: () => breakBroker(server, breakage()) })
    const failures = await runCases(cases)
    expect([...failures.keys()]).toEqual(expect.arrayContaining([...foundBy]))
  })
})

describe('with connections that are cut, the kit', () => {
  async function run(attitude: Attitude): Promise<ReadonlyMap<string, Error>> {
    const network = new Network()
    const cases = brokerCases({
      ...impatient,
      create: () => new NetworkBroker(network, attitude),
      dropConnections: () => network.cut(),
    }).filter(({ group }) => group === 'outages')
    const failures = new Map<string, Error>()
    // One after the other: a cut hits all who are connected.
    for (const { name, run } of cases) await run().catch((error: Error) => failures.set(name, error))
    return failures
  }

  test('is content with a broker that reconnects', async () => {
    expect(await run('reconnects')).toEqual(new Map())
  })

  test.for<[Attitude, string]>([
    ['stays dead', 'publishes again after its connections were cut'],
    ['leaves receive pending', 'a receive that was pending at a cut rejects or goes on, and reading resumes'],
    ['confirms what it lost', 'delivers all that it confirmed while connections were cut again and again'],
  ])('finds a broker that %s', async ([attitude, foundBy]) => {
    expect([...(await run(attitude)).keys()]).toContain(foundBy)
  })
})
