import type { Lock } from '@machinery/core/adapter'
import { MemoryLock } from '@machinery/core/memory'
import { describe, expect, test } from 'vitest'
import { lockCases } from '../src/index.js'
import { casesNamed, failuresOf, impatient, quick } from './fixtures/run-cases.js'

type Breakage = (honest: MemoryLock, server: MemoryLock) => Partial<Lock>

function breakLock(server: MemoryLock, breakage: Breakage): Lock {
  const honest = new MemoryLock({ sharedWith: server })
  return {
    name: 'broken',
    acquire: (key, options) => honest.acquire(key, options),
    close: () => honest.close(),
    ...breakage(honest, server),
  }
}

/** Faults that locks have had, each with cases of the kit that must find it. */
const brokenLocks: readonly { fault: string; breakage: Breakage; foundBy: readonly string[] }[] = [
  {
    fault: 'is always free',
    breakage: () => ({ acquire: async () => true }),
    foundBy: ['is taken by the first and refused to the others', 'is taken by one of many who try at once'],
  },
  {
    fault: 'is never free',
    breakage: () => ({ acquire: async () => false }),
    foundBy: ['is taken by the first and refused to the others'],
  },
  {
    fault: 'does not know its owner again',
    breakage: (honest) => ({
      acquire: (key, { until, owner }) => honest.acquire(key, { until, owner: `${owner} ${Math.random()}` }),
    }),
    foundBy: ['is taken again by its owner'],
  },
  {
    fault: 'keeps the end it was taken with first',
    breakage: (honest) => {
      const ends = new Map<string, bigint>()
      return {
        acquire: (key, { until, owner }) => {
          const end = ends.get(key + owner) ?? until
          ends.set(key + owner, end)
          return honest.acquire(key, { until: end, owner })
        },
      }
    },
    foundBy: ['is prolonged by its owner, who takes it with a later end'],
  },
  {
    fault: 'never ends',
    breakage: (honest) => ({
      acquire: (key, { until, owner }) => honest.acquire(key, { until: until * 2n, owner }),
    }),
    foundBy: ['is free again after its end, and not before', 'with an end in the past holds nobody up'],
  },
  {
    fault: 'ends early',
    breakage: (honest) => ({
      acquire: (key, { until, owner }) => honest.acquire(key, { until: until - 600_000_000n, owner }),
    }),
    foundBy: ['is free again after its end, and not before'],
  },
  {
    fault: 'keeps its end as a double',
    breakage: (honest) => ({
      acquire: (key, { until, owner }) =>
        honest.acquire(key, { until: BigInt.asIntN(64, BigInt(Number(until))), owner }),
    }),
    foundBy: ['takes the last nanosecond that 64 bits can tell'],
  },
  {
    fault: 'is one lock for all keys',
    breakage: (honest) => ({ acquire: (_key, options) => honest.acquire('lock', options) }),
    foundBy: ['keeps keys apart'],
  },
  {
    fault: 'lasts as long as its client',
    breakage: (honest, server) => {
      const taken: string[] = []
      return {
        acquire: (key, options) => {
          taken.push(`${key}\n${options.owner}`)
          return honest.acquire(key, options)
        },
        close: async () => {
          for (const each of taken) {
            const [key = '', owner = ''] = each.split('\n')
            await server.acquire(key, { until: 0n, owner })
          }
          await honest.close()
        },
      }
    },
    foundBy: ['closing keeps what was taken'],
  },
  {
    fault: 'locks after close',
    breakage: (_honest, server) => ({ acquire: (key, options) => server.acquire(key, options) }),
    foundBy: ['taking a lock after close rejects promptly'],
  },
]

test('the kit is content with the lock that the broken ones are made of', async () => {
  const server = new MemoryLock()
  expect(await failuresOf(lockCases({ ...quick, create: () => breakLock(server, () => ({})) }))).toEqual(new Map())
})

describe.concurrent('the kit finds a lock that', () => {
  test.for(brokenLocks)('$fault', async ({ breakage, foundBy }, { expect }) => {
    const server = new MemoryLock()
    const cases = lockCases({ ...impatient, create: () => breakLock(server, breakage) })
    const failures = await failuresOf(casesNamed(cases, foundBy))
    expect([...failures.keys()].sort()).toEqual([...foundBy].sort())
  })
})
