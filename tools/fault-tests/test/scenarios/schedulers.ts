import { setTimeout as delay } from 'node:timers/promises'
import { isMachineryError } from '@machinery/core'
import type { RedisRig } from '@machinery-internal/fault-tests'
import { Bench, SchedulerBench, signatureOf, until } from '@machinery-internal/fault-tests'
import { redisCommands } from '@machinery-internal/test-servers'
import { expect } from 'vitest'
import { slackMs } from './killed-workers.js'

const minute = 60_000

/** The ticks of `@every` from the first one that was sent on, as many as `count`. */
function expectedTicks(first: string, everyMs: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => new Date(Date.parse(first) + index * everyMs).toISOString())
}

/** S01: five schedulers, one effect per tick, none left out. */
export async function manySchedulers(rig: RedisRig, ticks: number): Promise<void> {
  // A tick each 50 ms; leases of 500 ms.
  await using faults = await SchedulerBench.open(rig, 'S01', { speed: 40 })
  const periodic = { spec: '@every 2s', catchUpMs: 10 * minute }
  await Promise.all(Array.from({ length: 5 }, () => faults.scheduler({ periodic })))
  const before = faults.ticks().length
  await faults.untilTicks(before + ticks, 40_000)
  await faults.finish()
  const sent = faults.ticks()
  expect(sent).toEqual(expectedTicks(sent[0]!, 2_000, sent.length))
  const busy = faults.schedulers.filter((scheduler) => scheduler.sent().length > 0)
  expect(busy.length, 'they share the work').toBeGreaterThan(1)
  expect(faults.sent().length - sent.length, 'hardly any tick is sent twice').toBeLessThan(ticks / 20)
}

/** S02: the server of the locks is gone for a while, and has forgotten everything when it is back. */
export async function lockServerDown(rig: RedisRig): Promise<void> {
  // A tick each 250 ms.
  await using faults = await SchedulerBench.open(rig, 'S02 down', { speed: 40 })
  const periodic = { spec: '@every 10s', catchUpMs: 10 * minute }
  await Promise.all(Array.from({ length: 5 }, () => faults.scheduler({ periodic })))
  await faults.untilTicks(4, 10_000)
  await faults.locks.kill()
  const before = faults.ticks().length
  await faults.untilTicks(before + 8, 20_000)
  const unlocked = faults.schedulers.reduce((sum, one) => sum + one.count(/is handled without its lock/), 0)
  expect(unlocked).toBeGreaterThan(0)
  await faults.locks.restart()
  await faults.untilTicks(before + 20, 20_000)
  await faults.finish()
  const sent = faults.ticks()
  expect(sent).toEqual(expectedTicks(sent[0]!, 10_000, sent.length))
}

/** S02: locks are lost again and again, so that several schedulers get the same tick. */
export async function lostLocks(rig: RedisRig): Promise<void> {
  // A tick each 500 ms.
  await using faults = await SchedulerBench.open(rig, 'S02 lost', { speed: 40 })
  const periodic = { spec: '@every 20s', catchUpMs: 10 * minute }
  await Promise.all(Array.from({ length: 5 }, () => faults.scheduler({ periodic })))
  let isOver = false
  const losing = (async () => {
    while (!isOver) {
      await redisCommands(faults.locks.port, [['AUTH', rig.secret], ['FLUSHALL']])
      await delay(5)
    }
  })()
  await faults.untilTicks(12, 20_000)
  isOver = true
  await losing
  await faults.finish()
  const sent = faults.ticks()
  expect(sent).toEqual(expectedTicks(sent[0]!, 20_000, sent.length))
  expect(faults.sent().length, 'some were sent by several').toBeGreaterThan(sent.length)
}

/**
 * S03: a scheduler is killed, or stands still, when it has got a tick and before it sends it. Another one sends it, inside the
 * catch-up window; the first, if it goes on, does not.
 */
export async function goneBetween(rig: RedisRig, fault: 'kill' | 'stop'): Promise<void> {
  // A tick each 5 s, with a window of the same length, and leases of 1.7 s.
  const speed = 12
  await using faults = await SchedulerBench.open(rig, `S03 ${fault}`, { speed })
  const periodic = { spec: '@every 1m', catchUpMs: minute }
  const others = await Promise.all([faults.scheduler({ periodic }), faults.scheduler({ periodic })])
  // A second ahead, it is the first to ask.
  const gone = await faults.scheduler({ periodic, fault, offsetMs: 1_000 })
  const tick = await until(
    () => gone.lostTick,
    20_000,
    () => `a scheduler gets a tick. It printed:\n${gone.output}`,
  )
  const isSent = (): boolean => faults.sent().some((sent) => sent.tick === tick)
  await until(isSent, minute / speed + slackMs, () => `another scheduler sends ${tick}, not only ${faults.ticks()}`)
  expect(others.reduce((sum, one) => sum + one.count(/is taken over/), 0)).toBe(1)
  expect(faults.now() - Date.parse(tick), 'late, but inside the window').toBeLessThan(minute + 1_000 + speed * 500)
  if (fault === 'stop') {
    gone.signal('SIGCONT')
    await until(
      () => gone.sent().length > 0,
      20_000,
      () => `it goes on. It printed:\n${gone.output}`,
    )
    expect(gone.sent().map((sent) => sent.tick)).not.toContain(tick)
  }
  const before = faults.ticks().length
  await faults.untilTicks(before + 2, 20_000)
  await faults.finish()
  expect(faults.sent().filter((sent) => sent.tick === tick)).toHaveLength(1)
  const sent = faults.ticks()
  expect(sent).toEqual(expectedTicks(sent[0]!, minute, sent.length))
}

/** S04: schedulers whose clocks are up to half a minute apart, and one whose clock jumps by an hour and back. */
export async function wrongSchedulers(rig: RedisRig): Promise<void> {
  // A tick each 500 ms.
  await using faults = await SchedulerBench.open(rig, 'S04', { speed: 120 })
  const periodic = { spec: '@every 1m', catchUpMs: 10 * minute }
  const [jumping, ...others] = await Promise.all(
    [0, -30_000, -11_000, 7_000, 30_000].map((offsetMs) => faults.scheduler({ periodic, offsetMs })),
  )
  const around = (): number => faults.ticks().filter((tick) => Date.parse(tick) <= faults.now() + 30_000).length
  const untilAround = (count: number): Promise<unknown> =>
    until(
      () => around() >= count,
      20_000,
      () => `${count} ticks are sent, not only ${faults.ticks()}`,
    )
  await untilAround(6)
  const [first] = faults.ticks()
  for (const offsetMs of [3_600_000, 0, -3_600_000, 0]) {
    jumping!.setOffset(offsetMs)
    await untilAround(around() + 6)
  }
  await faults.finish()
  expect([jumping!, ...others].filter((one) => one.sent().length > 0).length).toBeGreaterThan(1)
  // One whose clock was an hour slow has sent older ones, too: nobody had sent them before.
  const sent = faults.ticks().filter((tick) => tick >= first! && Date.parse(tick) <= faults.now())
  expect(sent.length).toBeGreaterThan(20)
  expect(sent).toEqual(expectedTicks(first!, minute, sent.length))
}

/** S04: workers whose system clocks are wrong: no task before its ETA, none much later, and leases as ever. */
export async function wrongWorkers(rig: RedisRig, offsets: readonly number[]): Promise<void> {
  await using bench = await Bench.open(rig, `S04 workers ${offsets}`)
  const workers = await Promise.all(offsets.map((clockOffsetMs) => bench.worker({ clockOffsetMs, concurrency: 1 })))
  const { producer } = bench
  const now = Date.now()
  const delayed = Array.from({ length: 8 }, (_, index) => ({
    ...signatureOf('quick'),
    eta: new Date(now + 600 + 150 * index),
  }))
  await Promise.all(delayed.map((signature) => producer.sendSignature(signature)))
  await bench.untilDone(10_000)
  const offsetOf = new Map(workers.map(({ pid }, index) => [pid, offsets[index]!]))
  for (const { uuid, pid, t } of bench.find('start')) {
    const eta = delayed.find((signature) => signature.uuid === uuid)!.eta.getTime()
    const startedAt = t - offsetOf.get(pid)!
    expect(startedAt, `ETA ${eta}`).toBeGreaterThanOrEqual(eta)
    expect(startedAt, `ETA ${eta}`).toBeLessThan(eta + slackMs)
  }
  // One for each, for several leases: nobody takes another's.
  const long = await producer.sendMany(workers.length, 'slow', rig.leaseMs * 2.5)
  await bench.untilDone(rig.leaseMs * 2.5 + 10_000)
  for (const { uuid } of long) expect(bench.count('start', { uuid })).toBe(1)
  if (workers.length > 1) {
    const { uuid } = await producer.send('slow', 300)
    await bench.until('start', { uuid })
    const owner = workers.find(({ pid }) => pid === bench.find('start', { uuid })[0]!.pid)
    await owner!.kill()
    await bench.untilDone(rig.recoveryMs + slackMs)
  }
  const counters = await bench.finish()
  expect(counters.duplicated.extraRuns).toBe(0)
}

/** S05: a local time that a change of clocks skips, and one that it repeats: one run each, by one of several schedulers. */
export async function clockChange(rig: RedisRig, start: Date, expected: readonly string[]): Promise<void> {
  await using faults = await SchedulerBench.open(rig, `S05 ${start.toISOString()}`, {
    start,
    speed: 1_200,
    standsMs: 4_000,
  })
  const periodic = { spec: '*/30 2 * * *', timeZone: 'Europe/Paris', catchUpMs: 60 * minute }
  await Promise.all(Array.from({ length: 3 }, () => faults.scheduler({ periodic })))
  const end = Date.parse(expected.at(-1)!) + 75 * minute
  await until(() => faults.now() > end, 60_000, 'the night is over')
  await faults.finish()
  expect(faults.ticks()).toEqual(expected)
}

/** S07: an ETA that is far away is kept by the server to the millisecond, and nobody runs the task before. */
export async function farEta(rig: RedisRig, eta: Date, makeDue: (queue: string) => Promise<unknown>): Promise<void> {
  await using bench = await Bench.open(rig, `S07 ${eta.toISOString()}`)
  const { producer } = bench
  await bench.worker()
  const signature = { ...signatureOf('quick'), eta }
  const sent = await producer.sendSignature(signature)
  expect(sent.outcome, String(sent.error)).toBe('acked')
  // A timer that overflows runs at once, and again and again.
  await delay(1_000)
  expect(bench.count('start')).toBe(0)
  const [delayed] = await rig.inspector.delayedMessages(10, bench.queue)
  expect(delayed?.deliverAt).toEqual(eta)
  await makeDue(bench.queue)
  await bench.untilDone(5_000)
  await bench.finish()
}

/** S07: an ETA in the past is now; one that cannot travel is refused, and nothing is sent. */
export async function pastAndInvalidEta(rig: RedisRig): Promise<void> {
  await using bench = await Bench.open(rig, 'S07 past and invalid')
  const { producer } = bench
  await bench.worker()
  for (const eta of [new Date(Date.now() - minute), new Date(0), new Date('0001-01-01T00:00:00Z')]) {
    const { outcome } = await producer.sendSignature({ ...signatureOf('quick'), eta })
    expect(outcome).toBe('acked')
  }
  await bench.untilDone(2_000)
  for (const eta of [new Date(Number.NaN), new Date('+010000-01-01T00:00:00Z')]) {
    const { outcome, error } = await producer.sendSignature({ ...signatureOf('quick'), eta })
    expect([outcome, isMachineryError(error, 'MACHINERY_INVALID_SIGNATURE')]).toEqual(['rejected', true])
  }
  expect(await rig.unsettled(bench.queue)).toBe(0)
  await bench.finish({ unsent: true })
}
