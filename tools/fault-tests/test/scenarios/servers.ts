import { setTimeout as delay } from 'node:timers/promises'
import { Bench, type Rig, signatureOf, until } from '@machinery-internal/fault-tests'
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

/** Tasks that wait when the server goes: for a slot, and for their time. */
async function sendBacklog({ producer }: Bench): Promise<void> {
  const eta = new Date(Date.now() + 2_500)
  const delayed = Array.from({ length: 5 }, () => producer.sendSignature({ ...signatureOf('quick'), eta }))
  await Promise.all([...delayed, producer.sendMany(30, 'slow', 200)])
}

/** F05: the broker's server (and the backend's, if it is the same) is restarted in order. */
export async function restartedServer(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F05')
  const workers = await bench.workersAtOnce(2)
  const sending = sendOn(bench)
  await bench.until('end', {}, 10_000, 20)
  await sendBacklog(bench)
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
  await sendBacklog(bench)
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

/**
 * F12: all data are deleted under running workers.
 * @param told what workers say of it
 */
export async function deletedData(
  rig: Rig,
  deleteAll: (queue: string) => Promise<unknown>,
  told: RegExp,
): Promise<void> {
  await using bench = await Bench.open(rig, 'F12')
  const { producer } = bench
  const workers = await bench.workersAtOnce(2)
  const running = await producer.sendMany(4, 'slow', 600)
  const waiting = await producer.sendMany(20, 'quick')
  await bench.until('start', {}, 5_000, 4)
  const started = new Set(bench.find('start').map(({ uuid }) => uuid))
  await deleteAll(bench.queue)
  for (const sent of [...running, ...waiting]) if (!started.has(sent.uuid)) sent.mayNotRun = true
  await until(() => workers.every(({ timesConsuming }) => timesConsuming > 1), 10_000, 'both workers register again')
  for (const { exit, output } of workers) {
    expect(exit).toBeUndefined()
    expect(output).toMatch(told)
  }
  await producer.sendMany(20, 'quick')
  await bench.untilDone(10_000)
  await bench.finish()
}

/** F12: what waits is purged under running workers. */
export async function purgedQueue(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F12 purge')
  const { producer } = bench
  const workers = await bench.workersAtOnce(2, { concurrency: 2 })
  await producer.sendMany(4, 'slow', 600)
  await bench.until('start', {}, 5_000, 4)
  const waiting = await producer.sendMany(20, 'quick')
  const purged = await rig.inspector.purge(bench.queue, 'pending')
  expect(purged).toBeGreaterThan(0)
  for (const sent of waiting) sent.mayNotRun = true
  await producer.sendMany(20, 'quick')
  await bench.untilDone(10_000)
  await bench.untilSettled(5_000)
  expect(bench.count('end', { task: 'quick' })).toBe(40 - purged)
  for (const { timesConsuming, output } of workers) expect(timesConsuming, output).toBe(1)
  await bench.finish()
}

/** F19: the broker's server takes nothing more. */
export async function fullServer(rig: Rig, setFull: (isFull: boolean) => Promise<unknown>): Promise<void> {
  await using bench = await Bench.open(rig, 'F19')
  const { producer } = bench
  // Two have a callback, which nobody takes while the server is full: they stay with their worker.
  const followed = [signatureOf('slow', 20), signatureOf('slow', 20)].map((task) => ({
    ...task,
    onSuccess: [signatureOf('note')],
  }))
  await Promise.all(followed.map((task) => producer.sendSignature(task)))
  // Enough to last until the worker has given up waiting for an answer.
  const waiting = Math.ceil((rig.answerMs * 2) / 100)
  const backlog = followed.length + (await producer.sendMany(waiting, 'slow', 100)).length
  await setFull(true)
  const unanswered = rig.refusesAtOnce ? [] : [await producer.send('quick')]
  for (const { outcome } of unanswered) expect(outcome).toBe('indeterminate')
  const refused = await producer.sendMany(5, 'quick')
  for (const { outcome } of refused) expect(outcome).toBe('rejected')
  for (const { tookMs } of [...unanswered, ...refused]) expect(tookMs).toBeLessThan(rig.answerMs + 500)
  const worker = await bench.worker({ concurrency: 1 })
  await bench.until('end', { task: 'slow' }, 15_000, backlog)
  const left = async (): Promise<number> => (await rig.unsettled(bench.queue)) - followed.length
  await until(async () => (await left()) === 0, 10_000, 'the others are settled')
  expect(bench.count('start', { task: 'note' })).toBe(0)
  await setFull(false)
  await until(async () => (await producer.send('quick')).outcome === 'acked', 5_000, 'tasks can be sent again')
  await bench.untilDone(
    15_000,
    followed.flatMap(({ onSuccess }) => onSuccess.map(({ uuid }) => uuid)),
  )
  await bench.untilSettled()
  expect(worker.timesConsuming, worker.output).toBe(1)
  // What a server took without a word is sent again, and may then be there twice.
  await bench.finish({ unsent: true, extraRuns: rig.refusesAtOnce ? 0 : followed.length })
}
