import { setTimeout as delay } from 'node:timers/promises'
import {
  Bench,
  type FailpointName,
  type Rig,
  signatureOf,
  type Tuning,
  type WorkerHandle,
} from '@machinery-internal/fault-tests'
import { expect } from 'vitest'

/** For processes to start and to be scheduled, on a machine that is busy, in milliseconds. */
export const slackMs = 3_000

/** F01 */
export async function killedAgainAndAgain(rig: Rig, tuning: Tuning = {}): Promise<void> {
  await using bench = await Bench.open(rig, 'F01', { tuning })
  const { producer } = bench
  const concurrency = 4
  await bench.workersAtOnce(2, { concurrency, tuning })
  const kills = 6
  let isOver = false
  const sending = (async () => {
    while (!isOver) {
      // Some end before those that were taken earlier.
      await Promise.all([300, 300].map((ms) => producer.send('slow', Math.round(bench.random() * ms))))
      await delay(70)
    }
  })()
  for (let kill = 0; kill < kills; kill++) {
    await delay(300 + bench.random() * 500)
    const alive = bench.workers.filter(({ exit }) => exit === undefined)
    const victim = alive[Math.floor(bench.random() * alive.length)]!
    await bench.until('start', { pid: victim.pid })
    await Promise.all([victim.kill(), bench.worker({ concurrency, tuning })])
  }
  isOver = true
  await sending
  await bench.untilDone(20_000)
  // What had just finished when its worker died runs again.
  const counters = await bench.finish({
    extraRuns: kills * concurrency,
    medianRecoveryMs: rig.recoveryMs + 500,
    // A worker may have died that had it, too, and had not started it.
    recoveryMs: 2 * rig.recoveryMs + slackMs,
  })
  expect(counters.acked).toBe(counters.attempted)
  expect(counters.restarted).toBeGreaterThan(0)
}

/** The steps at which a worker can die with a task in hand. */
export const taskSteps: readonly FailpointName[] = [
  'fetched',
  'received',
  'started',
  'before-handler',
  'after-handler',
  'terminal',
  'pending',
  'publishing',
  'published',
  'acked',
]

/** F02 for a single task with a callback. The one worker dies at the step; another one comes after it. */
export async function killedAt(rig: Rig, at: FailpointName): Promise<void> {
  await using bench = await Bench.open(rig, `F02 at ${at}`)
  const first = await bench.worker({ concurrency: 1, failpoints: [{ at, action: 'kill' }] })
  const callback = signatureOf('note')
  // One task at a time, as the step must be the task's own.
  await bench.producer.sendSignature({ ...signatureOf('slow', at === 'started' ? 500 : 20), onSuccess: [callback] })
  await bench.untilDead(first)
  expect(bench.find('fault').map(({ note }) => note)).toEqual([at])
  await bench.worker()
  await bench.untilDone(rig.recoveryMs + 10_000, [callback.uuid])
  const counters = await bench.finish({
    extraRuns: (runsAgain(rig, at) ? 1 : 0) + callbackEndedBefore(bench, first, callback.uuid),
    recoveryMs: rig.recoveryMs + slackMs,
  })
  if (at === 'after-handler') expect(counters.duplicated.extraRuns).toBe(1)
}

/**
 * Whether a callback, once sent, had run in the dying worker before it died, as happens where messages are pushed: its handler
 * had finished, so it may run again.
 */
export function callbackEndedBefore(bench: Bench, dead: WorkerHandle, uuid: string): 0 | 1 {
  return bench.count('end', { uuid, pid: dead.pid }) > 0 ? 1 : 0
}

/** The steps at which a task's handler has not finished. */
const early: ReadonlySet<FailpointName> = new Set(['fetched', 'received', 'started', 'before-handler'])

/** Whether a task whose worker died at this step may finish twice: nobody can know that it had finished. */
export function runsAgain({ remembersEnds }: Rig, at: FailpointName): boolean {
  return remembersEnds ? at === 'after-handler' : !early.has(at)
}

/** F02 where the worker is killed while delayed tasks become due. */
export async function killedWhileMovingDelayed(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F02 at delayed move')
  const { producer } = bench
  const eta = Date.now() + 1_500
  const sent = Array.from({ length: 200 }, (_, index) => ({
    ...signatureOf('quick'),
    eta: new Date(eta + (index % 20) * 20),
  }))
  await Promise.all(sent.map((signature) => producer.sendSignature(signature)))
  const concurrency = 2
  const [first] = await bench.workersAtOnce(2, { concurrency })
  await delay(eta + Math.round(bench.random() * 300) - Date.now())
  await first!.kill()
  await bench.untilDone(15_000)
  for (const line of bench.find('start')) {
    const due = sent.find(({ uuid }) => uuid === line.uuid)?.eta?.getTime() ?? 0
    expect(line.t).toBeGreaterThanOrEqual(due)
  }
  await bench.finish({ extraRuns: concurrency + endedInLastTurn(bench, first!) })
}

/** How many tasks a dead worker may have finished without being able to tell: many quick ones run in one turn of its event loop. */
function endedInLastTurn(bench: Bench, dead: WorkerHandle): number {
  const turnMs = 100
  const ends = bench.find('end', { pid: dead.pid }).map(({ t }) => t)
  const last = Math.max(...ends)
  return ends.filter((t) => last - t < turnMs).length
}
