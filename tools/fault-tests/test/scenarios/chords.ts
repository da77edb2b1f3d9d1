import { setTimeout as delay } from 'node:timers/promises'
import { isMachineryError, newChord, newGroup, type Signature } from '@machinery/core'
import { Bench, type FailpointName, type Requests, type Rig, signatureOf, until } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'
import { callbackEndedBefore, runsAgain, slackMs } from './killed-workers.js'

interface SentChord {
  readonly groupUuid: string
  readonly members: readonly Signature[]
  readonly callback: Signature
  readonly onError: Signature
}

/** Sends a chord whose members return their numbers. Its callback's arguments show who was there, and in which order. */
async function sendChord(bench: Bench, members: readonly Signature[]): Promise<SentChord> {
  const { producer } = bench
  const onError = signatureOf('note')
  const callback = { ...signatureOf('collect'), onError: [onError] }
  producer.expect(callback.uuid)
  producer.expect(onError.uuid)
  const group = newGroup(...members)
  await producer.sendWorkflow(group.tasks, () => producer.server.sendChord(newChord(group, callback)))
  return { groupUuid: group.groupUuid, members: group.tasks, callback, onError }
}

function numbered(count: number, ms: number): readonly Signature[] {
  return Array.from({ length: count }, (_, index) => signatureOf('member', index, ms))
}

/** The callback ran once, or as often as may be, with every member's result in order. */
function expectOneEffect(bench: Bench, { callback, members, onError }: SentChord, most = 1): void {
  const effects = bench.find('end', { uuid: callback.uuid })
  expect(effects.length).toBeLessThanOrEqual(most)
  expect(effects.length).toBeGreaterThan(0)
  for (const { note } of effects) expect(note).toEqual(members.map((_, index) => index))
  expect(bench.count('start', { uuid: onError.uuid })).toBe(0)
}

/** The callback never ran, its error callback ran once, and whoever waits for it is told. */
async function expectOneError(bench: Bench, { callback, onError }: SentChord, text: RegExp): Promise<void> {
  await bench.until('end', { uuid: onError.uuid }, 15_000)
  await delay(200)
  expect(bench.count('start', { uuid: callback.uuid })).toBe(0)
  const errors = bench.find('end', { uuid: onError.uuid }).map(({ note }) => note)
  expect(errors).toEqual([[expect.stringMatching(text)]])
  const [end] = await bench.producer.results([callback.uuid], 5_000)
  expect(isMachineryError(end, 'MACHINERY_TASK_FAILED'), String(end)).toBe(true)
}

/** F02 for a chord: the one worker dies at the step, with the last of three members. */
export async function chordKilledAt(rig: Rig, at: FailpointName, hit: number): Promise<void> {
  await using bench = await Bench.open(rig, `F02 chord at ${at}`)
  const first = await bench.worker({ concurrency: 1, failpoints: [{ at, hit, action: 'kill' }] })
  const chord = await sendChord(bench, numbered(3, at === 'started' ? 500 : 20))
  await bench.untilDead(first)
  await bench.worker()
  await bench.untilDone(rig.recoveryMs + 10_000, [chord.callback.uuid])
  // Whose handler had finished: the last member, or the one before it, if its result was still on its way. Where nobody can
  // tell that they had, all that were not acknowledged.
  const unacknowledged = rig.remembersEnds ? 1 : chord.members.length
  const extraRuns = at === 'fetched' || runsAgain(rig, at) ? unacknowledged : 0
  const endedBefore = callbackEndedBefore(bench, first, chord.callback.uuid)
  await bench.finish({ extraRuns: extraRuns + endedBefore, recoveryMs: rig.recoveryMs + slackMs })
  expectOneEffect(bench, chord, 1 + endedBefore)
}

/** F02 for a chord whose members are delayed: one of two workers dies when they are due. */
export async function delayedChordKilled(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F02 chord at delayed move')
  const eta = new Date(Date.now() + 1_500)
  const chord = await sendChord(
    bench,
    numbered(20, 20).map((member) => ({ ...member, eta })),
  )
  const concurrency = 2
  const [first] = await bench.workersAtOnce(2, { concurrency })
  await delay(eta.getTime() + Math.round(bench.random() * 100) - Date.now())
  await first!.kill()
  await bench.untilDone(rig.recoveryMs + 10_000, [chord.callback.uuid])
  for (const { t, uuid } of bench.find('start')) expect(t, uuid).toBeGreaterThanOrEqual(eta.getTime())
  await bench.finish({ extraRuns: concurrency })
  expectOneEffect(bench, chord)
}

/** F02: the worker dies after the first, or the second, of a task's two callbacks was sent. */
export async function killedAfterCallback(rig: Rig, hit: number): Promise<void> {
  await using bench = await Bench.open(rig, `F02 after callback ${hit}`)
  const first = await bench.worker({ concurrency: 1, failpoints: [{ at: 'published', hit, action: 'kill' }] })
  const onSuccess = [signatureOf('note'), signatureOf('note')]
  await bench.producer.sendSignature({ ...signatureOf('slow', 20), onSuccess })
  await bench.untilDead(first)
  await bench.worker()
  await bench.untilDone(
    rig.recoveryMs + 10_000,
    onSuccess.map(({ uuid }) => uuid),
  )
  await bench.finish({ extraRuns: runsAgain(rig, 'published') ? 1 : 0, recoveryMs: rig.recoveryMs + slackMs })
}

/** F14: a callback that runs while the message of its parent is still with the worker that died after sending it. */
export async function callbackFirst(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F14 callback first')
  const { producer } = bench
  const first = await bench.worker({ concurrency: 1, failpoints: [{ at: 'published', action: 'kill' }] })
  const callback = signatureOf('note')
  const parent = { ...signatureOf('slow', 20), onSuccess: [callback] }
  await producer.sendSignature(parent)
  await bench.untilDead(first)
  const second = await bench.worker()
  await bench.until('end', { uuid: callback.uuid, pid: second.pid })
  await bench.untilSettled(rig.recoveryMs + 10_000)
  const names = await Promise.all(
    [parent, callback].map(async ({ uuid }) => (await producer.server.asyncResult(uuid).getState())?.state),
  )
  expect(names).toEqual(['SUCCESS', 'SUCCESS'])
  const counters = await bench.finish()
  expect(counters.restarted).toBe(0)
  expect(bench.find('end').map(({ uuid }) => uuid)).toEqual([parent.uuid, callback.uuid])
}

/** F14: what was sent again after its end, and a retry's copy that comes before the message it replaces. */
export async function outOfOrder(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F14')
  const { producer } = bench
  const retried = { ...signatureOf('flaky', 1), retryCount: 3 }
  const first = await bench.worker({ concurrency: 1, failpoints: [{ at: 'published', action: 'kill' }] })
  await producer.sendSignature(retried)
  // The copy is with the broker, and the message was not acknowledged.
  await bench.untilDead(first)
  const second = await bench.worker()
  await bench.until('end', { uuid: retried.uuid, attempt: 2 }, rig.recoveryMs + 10_000)
  const [end] = await producer.results([retried.uuid], 5_000)
  expect(end).toBe(second.pid)
  await producer.server.sendTask(retried)
  await delay(500)
  expect(await producer.server.asyncResult(retried.uuid).getState()).toMatchObject({ state: 'SUCCESS' })
  expect(bench.count('end', { uuid: retried.uuid, attempt: 2 })).toBe(1)
  await bench.untilSettled(10_000)
  // The handler had finished its first attempt when its worker died.
  await bench.finish({ extraRuns: 1 })
}

/** B03 (and F09) for a chord: the backend acted, and its answer was lost. */
export async function chordReplyLost(rig: Rig, request: keyof Requests): Promise<void> {
  const proxy = await rig.proxy('backend')
  await using bench = await Bench.open(rig, `B03 ${request}`)
  await bench.workersAtOnce(2, { ways: { backend: proxy } })
  await bench.producer.sendMany(2, 'quick')
  await bench.untilDone(5_000)
  proxy.dropNextReply(rig.requests[request])
  const chord = await sendChord(bench, numbered(5, 20))
  await until(() => proxy.dropped === 1, 10_000, `a reply to ${request} is lost`)
  await bench.untilDone(15_000, [chord.callback.uuid])
  await bench.finish()
  expectOneEffect(bench, chord)
}

/** B04: a group's record, or a member's state, vanishes while members run. */
export async function vanishedRecord(rig: Rig, what: 'group' | 'state'): Promise<void> {
  await using bench = await Bench.open(rig, `B04 ${what}`)
  const backend = bench.producer.server.getBackend()
  const chord = await sendChord(bench, [signatureOf('member', 0, 0), signatureOf('member', 1, 700)])
  const [member] = chord.members
  await bench.worker()
  await bench.until('end', { uuid: member!.uuid })
  await bench.until('start', { uuid: chord.members[1]!.uuid })
  await until(
    async () => (await bench.producer.server.asyncResult(member!.uuid).getState())?.state === 'SUCCESS',
    5_000,
    'its result is stored',
  )
  await (what === 'group' ? backend.deleteGroup(chord.groupUuid) : backend.deleteStates([member!.uuid]))
  await expectOneError(bench, chord, /gone/)
  await bench.finish()
}

/** B05: one member fails. */
export async function failingMember(rig: Rig, which: 'first' | 'last' | 'after retries'): Promise<void> {
  await using bench = await Bench.open(rig, `B05 ${which}`)
  const failing = { ...signatureOf('failing', 'on purpose'), retryCount: which === 'after retries' ? 1 : 0 }
  const others = numbered(4, which === 'last' ? 0 : 200)
  const members = which === 'last' ? [...others, failing] : [failing, ...others]
  const chord = await sendChord(bench, members)
  await bench.workersAtOnce(2)
  await expectOneError(bench, chord, /on purpose/)
  await bench.finish()
}

/** B06: many members finish at the same moment, on several workers, again and again. */
export async function finishedTogether(rig: Rig, rounds: number): Promise<void> {
  await using bench = await Bench.open(rig, 'B06')
  await bench.workersAtOnce(4, { concurrency: 15 })
  const chords: SentChord[] = []
  for (let round = 0; round < rounds; round++) {
    const chord = await sendChord(bench, numbered(50, Math.round(bench.random() * 30)))
    chords.push(chord)
    if (round % 4 === 3) await bench.untilDone(20_000)
  }
  await bench.untilDone(
    20_000,
    chords.map(({ callback }) => callback.uuid),
  )
  await bench.finish()
  for (const chord of chords) expectOneEffect(bench, chord)
}

/** B07: every member's message is there three times. */
export async function duplicateMembers(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'B07')
  const chord = await sendChord(bench, [signatureOf('member', 0, 500), ...numbered(6, 10).slice(1)])
  const messages = await rig.inspector.pendingMessages(bench.queue, 100)
  for (const { body } of [...messages, ...messages]) {
    await rig.inspector.publish([{ routingKey: bench.queue, body }])
  }
  await bench.workersAtOnce(2)
  await bench.untilDone(15_000, [chord.callback.uuid])
  const lastMember = bench.find('end', { uuid: chord.members[0]!.uuid })[0]!
  const callback = bench.find('start', { uuid: chord.callback.uuid })[0]!
  expect(callback.t, 'not before its last member').toBeGreaterThanOrEqual(lastMember.t)
  await bench.untilSettled(5_000)
  // Two workers may have the same message at the same time.
  await bench.finish({ extraRuns: 2 * chord.members.length })
  expectOneEffect(bench, chord)
}

/**
 * B08: the work per member does not grow with the group.
 * @param work how much the server has done so far
 */
export async function largeGroup(rig: Rig, members: number, work: () => Promise<number>): Promise<void> {
  await using bench = await Bench.open(rig, 'B08')
  await bench.workersAtOnce(2, { concurrency: 50 })
  const perMember: number[] = []
  for (const count of [Math.round(members / 10), members]) {
    const before = await work()
    const chord = await sendChord(bench, numbered(count, 0))
    await bench.until('end', { uuid: chord.callback.uuid }, 30_000)
    perMember.push(((await work()) - before) / count)
    expectOneEffect(bench, chord)
  }
  expect(perMember[1]).toBeLessThan(perMember[0]! * 2)
  await bench.finish()
}
