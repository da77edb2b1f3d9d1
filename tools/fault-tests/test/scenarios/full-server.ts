import { Bench, type Rig, until } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'

/**
 * F19: one server for messages and results takes nothing more, under running workers. They work the queue off all the same.
 */
export async function fullServerOfAll(rig: Rig, setFull: (isFull: boolean) => Promise<unknown>): Promise<void> {
  await using bench = await Bench.open(rig, 'F19 with results')
  const { producer } = bench
  const workers = await bench.workersAtOnce(2)
  await producer.sendMany(40, 'slow', 50)
  await bench.until('end', {}, 5_000, 4)
  await setFull(true)
  const refused = await producer.sendMany(5, 'quick')
  for (const { outcome, tookMs } of refused) {
    expect(outcome).toBe('rejected')
    expect(tookMs).toBeLessThan(2_000)
  }
  // All of it is worked off meanwhile, which is what makes room.
  await bench.until('end', {}, 15_000, 40)
  await until(
    () => bench.count('start') === bench.count('end'),
    5_000,
    () => 'workers finish what they have at hand',
  )
  await setFull(false)
  expect((await producer.send('quick')).outcome).toBe('acked')
  // Pauses between attempts grow to 8 s.
  await bench.untilDone(15_000)
  await bench.untilSettled()
  for (const { exit, timesConsuming, output } of workers) {
    expect(exit, output).toBeUndefined()
    expect(timesConsuming, output).toBe(1)
  }
  await bench.finish({ unsent: true })
}
