import { MemoryBroker } from '@machinery/core/memory'
import { describe, expect, test } from 'vitest'
import { brokerCases } from '../src/index.js'
import { breakBroker, brokenBrokers } from './fixtures/broken-broker.js'
import { type Attitude, Network, NetworkBroker } from './fixtures/network.js'
import { casesNamed, failuresOf, impatient, quick } from './fixtures/run-cases.js'

test('the kit is content with the broker that the broken ones are made of', async () => {
  const server = new MemoryBroker()
  const cases = brokerCases({ ...quick, create: () => breakBroker(server, {}) })
  expect(await failuresOf(cases)).toEqual(new Map())
})

describe.concurrent('the kit finds a broker that', () => {
  test.for(brokenBrokers)('$fault', async ({ breakage, foundBy }, { expect }) => {
    const server = new MemoryBroker()
    const cases = brokerCases({ ...impatient, create: () => breakBroker(server, breakage()) })
    const failures = await failuresOf(casesNamed(cases, foundBy))
    expect([...failures.keys()].sort()).toEqual([...foundBy].sort())
  })
})

describe('with connections that are cut, the kit', () => {
  function outageCases(attitude: Attitude, timing: object): ReturnType<typeof brokerCases> {
    const network = new Network()
    return brokerCases({
      ...timing,
      create: () => new NetworkBroker(network, attitude),
      dropConnections: () => network.cut(),
    }).filter(({ group }) => group === 'outages')
  }

  test('is content with a broker that reconnects', async () => {
    // One after the other: a cut hits all who are connected.
    for (const { run } of outageCases('reconnects', quick)) await run()
  })

  test.for<[Attitude, string]>([
    ['stays dead', 'publishes again after its connections were cut'],
    ['leaves receive pending', 'a receive that was pending at a cut rejects or goes on, and reading resumes'],
    ['confirms what it lost', 'delivers all that it confirmed while connections were cut again and again'],
    ['loses what it held', 'deliveries held at a cut come again'],
  ])('finds a broker that %s', async ([attitude, name]) => {
    const failures = await failuresOf(casesNamed(outageCases(attitude, impatient), [name]))
    expect([...failures.keys()]).toEqual([name])
  })
})
