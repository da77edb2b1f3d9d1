import { RedisRig, type RedisRigOptions } from '@machinery-internal/fault-tests'
import { afterAll, beforeAll } from 'vitest'

/** For tests in which workers die, are frozen or blocked, and others take over. In milliseconds. */
export const shortLease: RedisRigOptions = { leaseMs: 1_500 }

/**
 * For tests in which nobody may take over: long enough for a busy machine, and for tests that take several times as long as
 * the lease.
 */
export const safeLease: RedisRigOptions = { leaseMs: 5_000 }

/** For tests with outages: longer than the 7 s within which workers come back, so that no server is met by all at once. */
export const outageLease: RedisRigOptions = { leaseMs: 10_000 }

/** Runs a scenario on servers of its own. */
export async function on(options: RedisRigOptions, scenario: (rig: RedisRig) => Promise<void>): Promise<void> {
  await using rig = await RedisRig.start(options)
  await scenario(rig)
}

/** Servers for all tests of a file or group. */
export function sharedRig(options: RedisRigOptions): () => RedisRig {
  let rig: RedisRig | undefined
  beforeAll(async () => {
    rig = await RedisRig.start(options)
  })
  afterAll(() => rig?.[Symbol.asyncDispose]())
  return () => {
    if (rig === undefined) throw new Error('The servers were not started.')
    return rig
  }
}
