import assert from 'node:assert/strict'
import type { CaseGroup } from '../case.js'
import { type BackendBench, hourMs, stateOf, taskUuid } from './bench.js'

export const stopping: CaseGroup<BackendBench> = {
  'closing a backend that was never used settles': async (bench) => {
    await bench.promptly(bench.backend.close(), 'close()')
  },

  'closing twice, also at the same time, settles': async (bench) => {
    await bench.store([stateOf(taskUuid(), 'PENDING')])
    await bench.promptly(Promise.all([bench.backend.close(), bench.backend.close()]), 'close(), twice')
    await bench.promptly(bench.backend.close(), 'close() of a closed backend')
  },

  'closing settles the calls that are under way': async (bench) => {
    const calls = Array.from({ length: 20 }, () => [
      bench.backend.saveStates([{ state: stateOf(taskUuid(), 'SUCCESS'), expiresInMs: hourMs }]),
      bench.backend.readStates([taskUuid()]),
    ]).flat()
    const settled = Promise.allSettled(calls)
    await bench.promptly(bench.backend.close(), 'close() during calls')
    await bench.promptly(settled, 'the calls that were under way at close()')
  },

  'a call after close settles promptly, and stores nothing': async (bench) => {
    bench.needsReads()
    const other = await bench.openBackend()
    await bench.promptly(bench.backend.close(), 'close()')
    const state = stateOf(taskUuid(), 'SUCCESS')
    const saving = bench.backend.saveStates([{ state, expiresInMs: hourMs }]).catch(() => [])
    for (const { status } of await bench.promptly(saving, 'saveStates() after close()'))
      assert.notEqual(status, 'stored')
    await bench.promptly(
      bench.backend.readStates([state.taskUuid]).catch(() => []),
      'readStates() after close()',
    )
    assert.equal(await bench.read(state.taskUuid, other), undefined)
  },

  'closing one client leaves the others working': async (bench) => {
    bench.needsReads()
    const other = await bench.openBackend()
    const state = stateOf(taskUuid(), 'SUCCESS')
    await bench.store([state])
    await bench.promptly(bench.backend.close(), 'close()')
    assert.equal((await bench.read(state.taskUuid, other))?.state, 'SUCCESS')
  },
}
