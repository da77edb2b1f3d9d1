import { setTimeout as delay } from 'node:timers/promises'
import { Bench, type Rig, type Tuning, until } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'

/** F20: a task that takes longer than the lease, while another worker is free. */
export async function longTask(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F20')
  await bench.workersAtOnce(2)
  await bench.producer.send('slow', rig.leaseMs * 1.8)
  await bench.untilDone(rig.leaseMs * 1.8 + 5_000)
  const counters = await bench.finish()
  expect(counters.restarted).toBe(0)
}

/**
 * F20: a task that takes longer than the server lets a worker hold a message. The server takes it back, and another worker
 * begins, too; nobody else does, however often the server takes it back.
 * @param heldMs how long a message may be held, in milliseconds
 * @param told what workers say of it
 */
export async function longerThanMayBeHeld(rig: Rig, heldMs: number, told: RegExp, tuning: Tuning = {}): Promise<void> {
  await using bench = await Bench.open(rig, 'F20 beyond the limit', { tuning })
  const { producer } = bench
  const workers = await bench.workersAtOnce(2, { tuning })
  const { uuid } = await producer.send('slow', heldMs * 4)
  await bench.until('start', { uuid }, 5_000)
  const [first] = bench.find('start', { uuid })
  await bench.until('end', { uuid }, heldMs * 4 + 5_000, 2)
  await bench.untilSettled(5_000)
  expect(bench.count('start', { uuid }), 'one duplicate, and no loop').toBe(2)
  const reports = workers.map(({ output }) => output.split('\n').filter((line) => told.test(line)).length)
  expect(Math.max(...reports), 'who loses it says so').toBeGreaterThan(0)
  expect(Math.max(...reports), 'no more often than it can be lost in that time').toBeLessThanOrEqual(4)
  // The result that came first stays.
  expect(await producer.results([uuid], 5_000)).toEqual([first!.pid])
  await producer.sendMany(20, 'quick')
  await bench.untilDone(5_000)
  await bench.finish({ extraRuns: 1 })
}

/** F21: no task waits while a slot is free elsewhere. */
export async function longTasksOnTwoWorkers(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F21')
  await bench.workersAtOnce(2)
  // Many quick ones teach the workers to take messages ahead.
  await bench.producer.sendMany(300, 'quick')
  await bench.untilDone(10_000)
  await bench.producer.sendMany(4, 'slow', 2_000)
  await bench.untilDone(15_000)
  // All four slots were taken before the first was free again.
  const lastStart = Math.max(...bench.find('start', { task: 'slow' }).map(({ t }) => t))
  const firstEnd = Math.min(...bench.find('end', { task: 'slow' }).map(({ t }) => t))
  expect(lastStart).toBeLessThan(firstEnd)
  const counters = await bench.finish()
  expect(counters.restarted).toBe(0)
}

/** H04: an event loop that is blocked for longer than the lease, but not for longer than it may be. */
export async function blockedButAllowed(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'H04 within the limit')
  await bench.workersAtOnce(2, { tuning: { maxBlockedMs: 60_000 } })
  await bench.producer.sendMany(2, 'blocking', rig.leaseMs * 1.8)
  await bench.untilDone(rig.leaseMs * 4 + 5_000)
  const counters = await bench.finish()
  expect(counters.restarted).toBe(0)
}

/** H04: one that is blocked for too long. Its task goes to somebody else; what it says afterwards changes nothing. */
export async function blockedForTooLong(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'H04 beyond the limit')
  const { producer } = bench
  const tuning = { maxBlockedMs: 1_000 }
  const first = await bench.worker({ tuning })
  // Long enough for the other process to start, on a machine that is busy.
  const blockedMs = tuning.maxBlockedMs + rig.silentRecoveryMs + 7_000
  const { uuid } = await producer.send('blocking', blockedMs)
  await bench.until('start', { pid: first.pid })
  const second = await bench.worker({ tuning, pace: 0 })
  await bench.until('end', { uuid, pid: second.pid }, blockedMs)
  expect(bench.count('end', { pid: first.pid })).toBe(0)
  const before = await producer.results([uuid], 5_000)
  expect(before).toEqual([second.pid])
  await bench.until('end', { uuid, pid: first.pid }, blockedMs)
  await expectFencedAndAlive(bench, uuid, first, second)
}

/** H05: a process that was stopped beyond the lease and goes on. */
export async function stoppedBeyondTheLease(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'H05')
  const first = await bench.worker()
  const { uuid } = await bench.producer.send('slow', 400)
  await bench.until('start', { pid: first.pid })
  first.signal('SIGSTOP')
  const second = await bench.worker({ pace: 0 })
  await bench.until('end', { uuid, pid: second.pid }, rig.silentRecoveryMs + 5_000)
  expect(await bench.producer.results([uuid], 5_000)).toEqual([second.pid])
  first.signal('SIGCONT')
  await bench.until('end', { uuid, pid: first.pid })
  await expectFencedAndAlive(bench, uuid, first, second)
}

/** The state stays the second worker's, and the first one works on, under a registration of its own. */
async function expectFencedAndAlive(
  bench: Bench,
  uuid: string,
  first: { readonly pid: number; readonly timesConsuming: number; readonly output: string },
  second: { readonly pid: number; kill(): Promise<void> },
): Promise<void> {
  const { producer } = bench
  await until(
    () => first.timesConsuming > 1,
    10_000,
    () => `the first worker consumes again. It printed:\n${first.output}`,
  )
  // The late result and its acknowledgement have had their time.
  await delay(300)
  expect(await producer.server.asyncResult(uuid).get({ timeout: 2_000 })).toBe(second.pid)
  await second.kill()
  const { uuid: next } = await producer.send('quick')
  await bench.until('end', { uuid: next, pid: first.pid })
  await bench.untilSettled(5_000)
  await bench.finish({ extraRuns: 1 })
}
