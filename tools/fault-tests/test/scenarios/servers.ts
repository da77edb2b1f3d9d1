import { setTimeout as delay } from 'node:timers/promises'
import { Bench, type Rig, until } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'

/** All must run again within this time after a server is back, in milliseconds. */
const resumeMs = 10_000

/** Sends tasks all the time, until told to stop. */
export function sendOn(bench: Bench, everyMs = 15): { stop(): Promise<void> } {
  let isOver = false
  const sending: Promise<unknown>[] = []
  const loop = (async () => {
    while (!isOver) {
      sending.push(bench.producer.send('slow', 10))
      await delay(everyMs)
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await loop
      await Promise.all(sending)
    },
  }
}

/** F05: the broker's server (and the backend's, if it is the same) is restarted in order. */
export async function restartedServer(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F05')
  const workers = await bench.workersAtOnce(2)
  const sending = sendOn(bench)
  await bench.until('end', {}, 10_000, 20)
  await rig.broker.kill('SIGTERM')
  await delay(700)
  await rig.broker.restart()
  const backAt = Date.now()
  await bench.producer.send('quick')
  await until(() => bench.find('start').some(({ t }) => t > backAt), resumeMs, 'tasks run again')
  await sending.stop()
  await bench.untilDone(resumeMs + 5_000)
  for (const { exit, output } of workers) expect(exit, output).toBeUndefined()
  const counters = await bench.finish({ unsent: true })
  expect(counters.acked).toBeGreaterThan(20)
}

/**
 * F06: the server is killed. What was confirmed within `unsafeMs` before that may be lost, as the way in which it keeps data says.
 */
export async function killedServer(rig: Rig, unsafeMs: number): Promise<void> {
  await using bench = await Bench.open(rig, `F06 unsafe for ${unsafeMs} ms`)
  const { producer } = bench
  const workers = await bench.workersAtOnce(2)
  const sending = sendOn(bench)
  await bench.until('end', {}, 10_000, 20)
  const killedAt = Date.now()
  await rig.broker.kill('SIGKILL')
  await delay(200)
  const before = new Set(bench.find('end').map(({ uuid }) => uuid))
  await rig.broker.restart()
  const backAt = Date.now()
  await until(() => bench.find('start').some(({ t }) => t > backAt), resumeMs + 5_000, 'tasks run again')
  await sending.stop()
  const lost = new Set(
    producer.sent
      .filter(({ ackedAt = 0, uuid }) => ackedAt > killedAt - unsafeMs && ackedAt < backAt && !before.has(uuid))
      .map(({ uuid }) => uuid),
  )
  for (const sent of producer.sent) if (lost.has(sent.uuid)) sent.mayNotRun = true
  await bench.untilDone(resumeMs + 5_000)
  for (const { exit, output } of workers) expect(exit, output).toBeUndefined()
  // A server that forgot that tasks have ended lets them run again.
  await bench.finish({ unsent: true, extraRuns: unsafeMs === 0 ? 0 : 10 })
}

/** F12: all data are deleted under running workers. */
export async function deletedData(rig: Rig, deleteAll: () => Promise<unknown>): Promise<void> {
  await using bench = await Bench.open(rig, 'F12')
  const { producer } = bench
  const workers = await bench.workersAtOnce(2)
  const running = await producer.sendMany(4, 'slow', 600)
  const waiting = await producer.sendMany(20, 'quick')
  await bench.until('start', {}, 5_000, 4)
  const started = new Set(bench.find('start').map(({ uuid }) => uuid))
  await deleteAll()
  for (const sent of [...running, ...waiting]) if (!started.has(sent.uuid)) sent.mayNotRun = true
  await until(() => workers.every(({ timesConsuming }) => timesConsuming > 1), 10_000, 'both workers register again')
  for (const { exit, output } of workers) {
    expect(exit).toBeUndefined()
    expect(output).toMatch(/the data were deleted/)
  }
  await producer.sendMany(20, 'quick')
  await bench.untilDone(10_000)
  await bench.finish()
}

/** F19: the broker's server takes nothing more. */
export async function fullServer(rig: Rig, setFull: (isFull: boolean) => Promise<unknown>): Promise<void> {
  await using bench = await Bench.open(rig, 'F19')
  const { producer } = bench
  const backlog = await producer.sendMany(40, 'slow', 20)
  await setFull(true)
  const refused = await producer.sendMany(5, 'quick')
  for (const { outcome, tookMs } of refused) {
    expect(outcome).toBe('rejected')
    expect(tookMs).toBeLessThan(2_000)
  }
  await bench.workersAtOnce(2)
  await until(
    async () =>
      (await rig.inspector.countMessages(bench.queue)).inFlight === 0 && bench.count('end') === backlog.length,
    10_000,
    'the backlog is worked off while the server is full',
  )
  await setFull(false)
  expect((await producer.send('quick')).outcome).toBe('acked')
  await bench.untilDone(5_000)
  await bench.finish({ unsent: true })
}
