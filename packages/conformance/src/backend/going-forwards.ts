import assert from 'node:assert/strict'
import { mayFollow, type TaskState, type TaskStateName } from '@machinery/core/adapter'
import type { CaseGroup } from '../case.js'
import { assertSameState, type BackendBench, hourMs, stateOf, taskUuid } from './bench.js'

const names: readonly TaskStateName[] = ['PENDING', 'RECEIVED', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE']

export const goingForwards: CaseGroup<BackendBench> = {
  'stores what may follow and keeps the record otherwise, for every pair of states': async (bench) => {
    bench.needsReads()
    const pairs = names.flatMap((first) => names.map((second) => ({ uuid: taskUuid(), first, second })))
    await bench.store(pairs.map(({ uuid, first }) => stateOf(uuid, first, { taskName: 'first' })))
    const seconds = pairs.map(({ uuid, second }) => stateOf(uuid, second, { taskName: 'second' }))
    const saved = await bench.save(seconds.map((state) => ({ state, expiresInMs: hourMs })))
    assert.equal(saved.length, pairs.length)
    const read = await bench.promptly(bench.backend.readStates(pairs.map(({ uuid }) => uuid)), 'readStates()')
    for (const [index, { uuid, first, second }] of pairs.entries()) {
      const label = `${second} after ${first}`
      const answer = saved[index]
      const isStored = mayFollow(first, second)
      assert.equal(answer?.status, isStored ? 'stored' : 'kept', label)
      const expected = isStored
        ? stateOf(uuid, second, { taskName: 'second' })
        : stateOf(uuid, first, { taskName: 'first' })
      assertSameState(read[index], expected)
      if (answer?.status === 'kept') assertSameState(answer.state, expected)
    }
  },

  'stores any state first': async (bench) => {
    bench.needsReads()
    const first = names.map((name) => stateOf(taskUuid(), name))
    await bench.store(first)
    const read = await bench.promptly(bench.backend.readStates(first.map((each) => each.taskUuid)), 'readStates()')
    assert.deepEqual(
      read.map((each) => each?.state),
      names,
    )
  },

  'applies writes of one task in one call in their order': async (bench) => {
    bench.needsReads()
    const [up, down] = [taskUuid(), taskUuid()]
    const writes = [
      stateOf(up, 'PENDING'),
      stateOf(down, 'SUCCESS'),
      stateOf(up, 'RECEIVED'),
      stateOf(down, 'STARTED'),
      stateOf(up, 'SUCCESS'),
      stateOf(down, 'FAILURE'),
    ]
    const saved = await bench.save(writes.map((state) => ({ state, expiresInMs: hourMs })))
    assert.deepEqual(
      saved.map((each) => each.status),
      ['stored', 'stored', 'stored', 'kept', 'stored', 'kept'],
    )
    for (const answer of saved) if (answer.status === 'kept') assertSameState(answer.state, stateOf(down, 'SUCCESS'))
    assert.equal((await bench.read(up))?.state, 'SUCCESS')
    assert.equal((await bench.read(down))?.state, 'SUCCESS')
  },

  'answers each write of a large batch on its own, in order': async (bench) => {
    bench.needsReads()
    const uuids = Array.from({ length: 300 }, taskUuid)
    await bench.store(uuids.filter((_, index) => index % 7 === 0).map((uuid) => stateOf(uuid, 'FAILURE')))
    const saved = await bench.save(uuids.map((uuid) => ({ state: stateOf(uuid, 'STARTED'), expiresInMs: hourMs })))
    assert.deepEqual(
      saved.map((each) => (each.status === 'kept' ? each.state.taskUuid : each.status)),
      uuids.map((uuid, index) => (index % 7 === 0 ? uuid : 'stored')),
    )
    assert.deepEqual(await bench.save([]), [])
  },

  'lets one of many terminal states written at once win, and tells all others which': async (bench) => {
    bench.needsReads()
    const backends = [bench.backend, await bench.openBackend()]
    const uuid = taskUuid()
    await bench.store([stateOf(uuid, 'STARTED')])
    const attempts = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? stateOf(uuid, 'SUCCESS', { results: [{ type: 'int64', value: index }] })
        : stateOf(uuid, 'FAILURE', { error: `error ${index}` }),
    )
    const saved = await Promise.all(
      attempts.map(
        async (state, index) => (await bench.save([{ state, expiresInMs: hourMs }], backends[index % 2]))[0],
      ),
    )
    const winners = attempts.filter((_, index) => saved[index]?.status === 'stored')
    assert.equal(winners.length, 1, `${winners.length} terminal states were stored.`)
    const winner = winners[0] as TaskState
    assertSameState(await bench.read(uuid), winner)
    for (const answer of saved) if (answer?.status === 'kept') assertSameState(answer.state, winner)
  },

  'repeats a kept write with the same answer': async (bench) => {
    bench.needsReads()
    const ended = stateOf(taskUuid(), 'SUCCESS')
    await bench.store([ended])
    for (const state of [ended, stateOf(ended.taskUuid, 'PENDING'), ended]) {
      const [saved] = await bench.save([{ state, expiresInMs: hourMs }])
      assert.equal(saved?.status, 'kept')
      if (saved?.status === 'kept') assertSameState(saved.state, ended)
    }
  },
}
