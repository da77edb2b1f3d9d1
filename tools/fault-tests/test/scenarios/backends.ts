import { setTimeout as delay } from 'node:timers/promises'
import { Bench, type Rig } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'

/** B01: the backend is away for a while. */
export async function backendAway(rig: Rig): Promise<void> {
  const proxy = await rig.proxy('backend')
  await using bench = await Bench.open(rig, 'B01')
  const sent = await bench.producer.sendMany(100, 'slow', 30)
  const workers = await bench.workersAtOnce(2, { ways: { backend: proxy } })
  await bench.until('end', {}, 5_000, 10)
  await proxy.refuse(true)
  proxy.cut()
  await delay(700)
  const paused = bench.count('start')
  await delay(1_500)
  expect(bench.count('start'), 'nothing is started while results cannot be stored').toBe(paused)
  expect(paused).toBeLessThan(sent.length)
  await proxy.refuse(false)
  await bench.untilDone(20_000)
  for (const { exit, output } of workers) expect(exit, output).toBeUndefined()
  const counters = await bench.finish()
  expect(counters.restarted).toBe(0)
}

/** B02: the backend is away, and a worker is killed that holds results. */
export async function backendAwayAndWorkerKilled(rig: Rig): Promise<void> {
  const proxy = await rig.proxy('backend')
  await using bench = await Bench.open(rig, 'B02')
  await bench.producer.sendMany(40, 'slow', 30)
  const concurrency = 2
  const [first] = await bench.workersAtOnce(2, { ways: { backend: proxy }, concurrency })
  await bench.until('end', {}, 5_000, 6)
  await proxy.refuse(true)
  proxy.cut()
  await delay(500)
  await first!.kill()
  await delay(500)
  await proxy.refuse(false)
  await bench.untilDone(20_000)
  // The results that it held are gone, so these tasks run again.
  await bench.finish({ extraRuns: 2 * concurrency })
}
