import assert from 'node:assert/strict'
import { isRecordRenewer } from '@machinery/core/adapter'
import { type CaseGroup, skipUnless } from '../case.js'
import { eventually } from '../timing.js'
import { type BackendBench, groupOf, hourMs, memberOf, stateOf, taskUuid } from './bench.js'

export const renewing: CaseGroup<BackendBench> = {
  'keeps renewed records beyond their first life, and shortens none': async (bench) => {
    const { backend } = bench
    skipUnless(isRecordRenewer(backend), 'the backend is no RecordRenewer')
    bench.needsReads()
    const { delayMs, patienceMs } = bench.timing
    const group = groupOf(2)
    const [ended = '', open = ''] = group.taskUuids
    const [running, long, canary] = [taskUuid(), taskUuid(), taskUuid()]
    await bench.promptly(backend.createGroup(group, delayMs), 'createGroup()')
    await bench.save([
      { state: stateOf(ended, 'SUCCESS'), expiresInMs: delayMs },
      { state: stateOf(running, 'STARTED'), expiresInMs: delayMs },
      { state: stateOf(long, 'STARTED'), expiresInMs: hourMs },
      { state: stateOf(canary, 'PENDING'), expiresInMs: delayMs },
    ])
    const taskUuids = [running, 'task_unknown']
    await bench.promptly(backend.renewRecords({ taskUuids, groupUuids: [group.groupUuid] }, hourMs), 'renewRecords()')
    await bench.promptly(
      backend.renewRecords({ taskUuids: [long], groupUuids: ['group_unknown'] }, 1),
      'renewRecords()',
    )
    await eventually('an expired state that is gone', delayMs + patienceMs, async () => {
      return (await bench.read(canary)) === undefined
    })
    assert.equal((await bench.read(running))?.state, 'STARTED', 'The renewed task is gone.')
    assert.equal((await bench.read(long))?.state, 'STARTED', 'Renewing shortened a life.')
    assert.equal((await bench.read(ended))?.state, 'SUCCESS', "The renewed group's member is gone.")
    assert.deepEqual(
      (await bench.promptly(backend.readGroup(group.groupUuid), 'readGroup()'))?.taskUuids,
      group.taskUuids,
    )
    const [first] = await bench.finish([memberOf(group, ended)])
    assert.deepEqual(first, { status: 'ok', complete: false }, 'What is noted about the renewed group is gone.')
    await bench.store([stateOf(open, 'SUCCESS')])
    const [last] = await bench.finish([memberOf(group, open)])
    assert.deepEqual(last, { status: 'ok', complete: true })
  },
}
