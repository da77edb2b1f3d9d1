import { setTimeout as delay } from 'node:timers/promises'
import { Bench, type Rig, until, type WorkerHandle } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'

/** A task that was interrupted must be at work again within this time, in milliseconds. */
const backWithinMs = 3_000

/** F03 */
export async function stoppedInTime(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F03')
  const [first] = await bench.workersAtOnce(2)
  await bench.producer.sendMany(8, 'slow', 500)
  await bench.until('start', { pid: first!.pid }, 5_000, 2)
  first!.signal('SIGTERM')
  const exit = await first!.ended(first!.config.drainMs + 5_000)
  expect(exit, first!.output).toMatchObject({ code: 0, signal: null })
  await bench.untilDone(10_000)
  expect(bench.count('start', { pid: first!.pid })).toBe(2)
  const counters = await bench.finish()
  expect(counters.restarted).toBe(0)
}

/** F04, where the handler does not fit into the drain time, and does not stop when it is told to. */
export async function stoppedTooLate(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F04 drain')
  const first = await startedStubborn(bench, 400)
  first.signal('SIGTERM')
  await expectGivenBack(bench, first, 400)
}

/** F04, with a second signal while it drains. */
export async function stoppedTwice(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F04 second signal')
  const first = await startedStubborn(bench, 20_000)
  first.signal('SIGTERM')
  await until(() => first.output.includes('SIGTERM'), 5_000, 'the first signal is heard')
  await delay(50)
  first.signal('SIGTERM')
  await expectGivenBack(bench, first, 0)
}

async function startedStubborn(bench: Bench, drainMs: number): Promise<WorkerHandle> {
  const first = await bench.worker({ concurrency: 1, drainMs })
  await bench.producer.send('stubborn', 60_000)
  await bench.until('start', { pid: first.pid })
  await bench.worker({ pace: 0 })
  return first
}

async function expectGivenBack(bench: Bench, first: WorkerHandle, drainMs: number): Promise<void> {
  const askedAt = Date.now()
  const exit = await first.ended(drainMs + 5_000)
  // It had to give something up, and says so.
  expect(exit, first.output).toMatchObject({ code: 1, signal: null })
  await bench.untilDone(10_000)
  const again = bench.find('start').find(({ pid }) => pid !== first.pid)!
  expect(again.t - askedAt - drainMs).toBeLessThan(backWithinMs)
  const counters = await bench.finish()
  expect(counters.restarted).toBe(1)
}
