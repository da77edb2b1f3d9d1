import assert from 'node:assert/strict'
import type { CaseGroup } from '../case.js'
import { eventually } from '../timing.js'
import { type BackendBench, groupOf, hourMs, memberOf, stateOf, taskUuid } from './bench.js'

export const groups: CaseGroup<BackendBench> = {
  "reads a group's record as it was stored, members in order": async (bench) => {
    bench.needsChords()
    const group = await bench.group(200)
    const read = await bench.promptly(bench.backend.readGroup(group.groupUuid), 'readGroup()')
    assert.deepEqual(read && { ...read, createdAt: Date.parse(read.createdAt) }, {
      ...group,
      createdAt: Date.parse(group.createdAt),
    })
  },

  'knows nothing of an unknown group': async (bench) => {
    const unknown = groupOf(1)
    assert.equal(await bench.promptly(bench.backend.readGroup(unknown.groupUuid), 'readGroup()'), undefined)
    const [answer] = await bench.finish([memberOf(unknown, unknown.taskUuids[0] as string)])
    assert.equal(answer?.status, 'missing')
    const claim = bench.backend.claimChord(unknown.groupUuid, { owner: 'a', leaseMs: 1_000 })
    assert.equal(await bench.promptly(claim, 'claimChord()'), 'missing')
    await bench.promptly(bench.backend.deleteGroup(unknown.groupUuid), 'deleteGroup()')
  },

  'forgets a deleted group with all that was noted': async (bench) => {
    bench.needsChords()
    const group = await bench.group(2)
    await bench.end(group, group.taskUuids[0] as string)
    await bench.promptly(bench.backend.deleteGroup(group.groupUuid), 'deleteGroup()')
    assert.equal(await bench.promptly(bench.backend.readGroup(group.groupUuid), 'readGroup()'), undefined)
    const [answer] = await bench.finish([memberOf(group, group.taskUuids[1] as string)])
    assert.equal(answer?.status, 'missing')
  },

  'starts anew when a group of the same UUID is created again': async (bench) => {
    bench.needsChords()
    const group = await bench.group(2)
    for (const uuid of group.taskUuids) await bench.end(group, uuid)
    await bench.promptly(bench.backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: hourMs }), 'claimChord()')
    await bench.promptly(bench.backend.markChordSent(group.groupUuid), 'markChordSent()')
    const again = { ...group, taskUuids: [taskUuid(), taskUuid()] }
    await bench.promptly(bench.backend.createGroup(again, hourMs), 'createGroup()')
    assert.equal((await bench.promptly(bench.backend.readGroup(group.groupUuid), 'readGroup()'))?.chordTriggered, false)
    assert.equal(await bench.end(again, again.taskUuids[0] as string), false)
    assert.equal(await bench.end(again, again.taskUuids[1] as string), true)
    const claim = bench.backend.claimChord(group.groupUuid, { owner: 'b', leaseMs: hourMs })
    assert.equal(await bench.promptly(claim, 'claimChord()'), 'claimed')
  },

  'is complete exactly when the last member was noted': async (bench) => {
    bench.needsChords()
    const group = await bench.group(10)
    const [last, ...others] = group.taskUuids as [string, ...string[]]
    for (const uuid of others) assert.equal(await bench.end(group, uuid), false, 'Complete before the last member.')
    assert.equal(await bench.end(group, last), true, 'Not complete after the last member.')
  },

  'is complete with its only member': async (bench) => {
    bench.needsChords()
    const group = await bench.group(1)
    assert.equal(await bench.end(group, group.taskUuids[0] as string), true)
  },

  'counts a failed member as ended': async (bench) => {
    bench.needsChords()
    const group = await bench.group(2)
    await bench.end(group, group.taskUuids[0] as string)
    const failed = group.taskUuids[1] as string
    await bench.store([stateOf(failed, 'FAILURE')], { group: { uuid: group.groupUuid, taskCount: 2 } })
    const [answer] = await bench.finish([memberOf(group, failed)])
    assert.deepEqual(answer, { status: 'ok', complete: true })
  },

  'counts a member that is noted again once, and says complete again': async (bench) => {
    bench.needsChords()
    const group = await bench.group(3)
    const [first, second, third] = group.taskUuids as [string, string, string]
    for (const uuid of [first, first, second, first, second]) {
      assert.equal(await bench.end(group, uuid), false, 'A member noted twice completed the group.')
    }
    assert.equal(await bench.end(group, third), true)
    assert.equal(await bench.end(group, first), true, 'A complete group must stay complete for whoever comes again.')
  },

  'gives the states of all members in order, if any, with the answer that the group is complete': async (bench) => {
    bench.needsChords()
    const group = await bench.group(3)
    const [first, second, third] = group.taskUuids as [string, string, string]
    for (const uuid of [third, first]) await bench.end(group, uuid)
    const states = [stateOf(second, 'FAILURE')]
    await bench.store(states, { group: { uuid: group.groupUuid, taskCount: 3 } })
    const finishing = bench.backend.finishMembers([memberOf(group, second)])
    const [answer] = await bench.promptly(finishing, 'finishMembers()')
    assert.ok(answer?.status === 'ok' && answer.complete)
    if (answer.states === undefined) return
    assert.deepEqual(
      answer.states.map((state) => [state?.taskUuid, state?.state]),
      [
        [first, 'SUCCESS'],
        [second, 'FAILURE'],
        [third, 'SUCCESS'],
      ],
    )
  },

  'counts members that ended without being noted': async (bench) => {
    bench.needsChords()
    bench.needsReads()
    const group = await bench.group(5)
    const [last, ...others] = group.taskUuids as [string, ...string[]]
    await bench.store(others.map((uuid, index) => stateOf(uuid, index % 2 === 0 ? 'SUCCESS' : 'FAILURE')))
    assert.equal(await bench.end(group, last), true)
  },

  'counts no member that has not ended': async (bench) => {
    bench.needsChords()
    bench.needsReads()
    const group = await bench.group(5)
    const [last, ...others] = group.taskUuids as [string, ...string[]]
    const names = ['PENDING', 'RECEIVED', 'STARTED', 'RETRY'] as const
    await bench.store(others.map((uuid, index) => stateOf(uuid, names[index] ?? 'PENDING')))
    assert.equal(await bench.end(group, last), false)
    await bench.store(others.map((uuid) => stateOf(uuid, 'SUCCESS')))
    assert.equal(await bench.end(group, last), true)
  },

  'answers a batch over several groups per member, in order': async (bench) => {
    bench.needsChords()
    const [one, two, gone] = [await bench.group(1), await bench.group(2), groupOf(1)]
    const all = [...one.taskUuids, ...two.taskUuids]
    await bench.store([...one.taskUuids, two.taskUuids[0] as string].map((uuid) => stateOf(uuid, 'SUCCESS')))
    const answers = await bench.finish([
      memberOf(two, two.taskUuids[0] as string),
      memberOf(gone, gone.taskUuids[0] as string),
      memberOf(one, one.taskUuids[0] as string),
    ])
    assert.equal(all.length, 3)
    assert.deepEqual(answers, [
      { status: 'ok', complete: false },
      { status: 'missing' },
      { status: 'ok', complete: true },
    ])
    assert.deepEqual(await bench.finish([]), [])
  },

  'tells somebody that 50 members finishing at once are complete, and nobody early': async (bench) => {
    bench.needsChords()
    const backends = [bench.backend, await bench.openBackend()]
    const end = (group: Awaited<ReturnType<BackendBench['group']>>, uuids: readonly string[]): Promise<boolean[]> =>
      Promise.all(uuids.map((uuid, index) => bench.end(group, uuid, backends[index % 2])))
    const full = await bench.group(50)
    assert.ok((await end(full, full.taskUuids)).includes(true), 'Nobody was told that the group is complete.')
    const lacking = await bench.group(50)
    const [missing, ...others] = lacking.taskUuids as [string, ...string[]]
    assert.ok(!(await end(lacking, others)).includes(true), 'Complete with one member missing.')
    assert.equal(await bench.end(lacking, missing), true)
  },

  'costs no more per member in a group of 2,000 than in one of 500': async (bench) => {
    bench.needsChords()
    const small = await timeToFinish(bench, 500)
    let large = await timeToFinish(bench, 2_000)
    // Linear work is 4 times as much, quadratic work 16 times. What takes a second in all is no matter either way.
    const isLinear = (): boolean => large < 1_000 || large < 10 * small
    if (!isLinear()) large = await timeToFinish(bench, 2_000)
    assert.ok(isLinear(), `500 members took ${small} ms, 2,000 took ${large} ms, twice.`)
  },

  'forgets a group when its life is over': async (bench) => {
    bench.needsChords()
    const { delayMs, patienceMs } = bench.timing
    const group = await bench.group(2, delayMs)
    await eventually('an expired group that is gone', delayMs + patienceMs, async () => {
      return (await bench.backend.readGroup(group.groupUuid)) === undefined
    })
    const [answer] = await bench.finish([memberOf(group, group.taskUuids[0] as string)])
    assert.equal(answer?.status, 'missing')
  },

  'noting a member renews the life of the group and of the states of members that ended': async (bench) => {
    bench.needsChords()
    bench.needsReads()
    const { delayMs, patienceMs } = bench.timing
    const group = await bench.group(2, delayMs)
    const first = group.taskUuids[0] as string
    const write = { state: stateOf(first, 'SUCCESS'), expiresInMs: delayMs }
    await bench.save([write])
    await bench.finish([memberOf(group, first, hourMs)])
    // What was not renewed dies before this one.
    const canary = await bench.group(1, delayMs)
    await eventually('an expired group that is gone', delayMs + patienceMs, async () => {
      return (await bench.backend.readGroup(canary.groupUuid)) === undefined
    })
    const read = await bench.promptly(bench.backend.readGroup(group.groupUuid), 'readGroup()')
    assert.ok(read !== undefined, 'The group died, though a member was noted with a longer life.')
    assert.equal((await bench.read(first))?.state, 'SUCCESS', "The noted member's state died before its group.")
    assert.equal(await bench.end(group, group.taskUuids[1] as string), true)
  },
}

async function timeToFinish(bench: BackendBench, count: number): Promise<number> {
  const group = await bench.group(count)
  const step = 50
  for (let start = 0; start < count; start += step) {
    await bench.store(
      group.taskUuids.slice(start, start + step).map((uuid) => stateOf(uuid, 'SUCCESS', { results: [] })),
    )
  }
  const begin = performance.now()
  let isComplete = false
  for (let start = 0; start < count; start += step) {
    const uuids = group.taskUuids.slice(start, start + step)
    const answers = await bench.finish(uuids.map((uuid) => memberOf(group, uuid)))
    isComplete = answers.some((answer) => answer.status === 'ok' && answer.complete)
  }
  assert.ok(isComplete, `A group of ${count} was not complete in the end.`)
  return Math.round(performance.now() - begin)
}
