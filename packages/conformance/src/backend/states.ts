import assert from 'node:assert/strict'
import type { TaskResult } from '@machinery/core/adapter'
import { type CaseGroup, skipUnless } from '../case.js'
import { eventually } from '../timing.js'
import { assertSameState, type BackendBench, hourMs, stateOf, taskUuid } from './bench.js'

export const states: CaseGroup<BackendBench> = {
  'reads a state as it was stored': async (bench) => {
    bench.needsReads()
    const pending = stateOf(taskUuid(), 'PENDING')
    await bench.store([pending])
    assertSameState(await bench.read(pending.taskUuid), pending)
    assertSameState(await bench.read(pending.taskUuid), pending)
  },

  'reads a stored state from another client': async (bench) => {
    skipUnless(bench.backend.capabilities.reads !== 'never', "reads is 'never'")
    const ended = stateOf(taskUuid(), 'SUCCESS')
    await bench.store([ended])
    assertSameState(await bench.read(ended.taskUuid, await bench.openBackend()), ended)
  },

  'reads a state once, where that consumes it': async (bench) => {
    skipUnless(bench.backend.capabilities.reads === 'once', `reads is '${bench.backend.capabilities.reads}'`)
    const ended = stateOf(taskUuid(), 'SUCCESS')
    await bench.store([ended])
    assertSameState(await bench.read(ended.taskUuid), ended)
    assert.equal(await bench.read(ended.taskUuid), undefined)
  },

  'takes states and reads nothing, where nothing is kept': async (bench) => {
    skipUnless(bench.backend.capabilities.reads === 'never', `reads is '${bench.backend.capabilities.reads}'`)
    const ended = stateOf(taskUuid(), 'SUCCESS')
    await bench.store([ended])
    assert.equal(await bench.read(ended.taskUuid), undefined)
  },

  'keeps every kind of result, 64-bit integers in full': async (bench) => {
    skipUnless(bench.backend.capabilities.reads !== 'never', "reads is 'never'")
    const results: readonly TaskResult[] = [
      { type: 'int64', value: 9223372036854775807n },
      { type: 'int64', value: -9223372036854775808n },
      { type: 'uint64', value: 18446744073709551615n },
      { type: 'int64', value: 42 },
      { type: 'float64', value: 0.1 },
      { type: 'bool', value: true },
      { type: 'string', value: 'é漢字🙂 <b>&amp;</b> "quoted" \\ \u2028 \n\t\u0000' },
      { type: 'string', value: '' },
      { type: '[]byte', value: 'AP8KDSI=' },
      { type: '[]string', value: ['a', '', 'é'] },
      { type: '[]int64', value: [1, 9007199254740993n, -1] },
      { type: '[]bool', value: [] },
    ]
    const ended = stateOf(taskUuid(), 'SUCCESS', { results })
    await bench.store([ended])
    assertSameState(await bench.read(ended.taskUuid), ended)
  },

  'tells no results from an empty list of results': async (bench) => {
    bench.needsReads()
    const [none, empty] = [stateOf(taskUuid(), 'PENDING'), stateOf(taskUuid(), 'SUCCESS', { results: [] })]
    await bench.store([none, empty])
    assert.equal((await bench.read(none.taskUuid))?.results, null)
    assert.deepEqual((await bench.read(empty.taskUuid))?.results, [])
  },

  'keeps names and error texts of any characters': async (bench) => {
    skipUnless(bench.backend.capabilities.reads !== 'never', "reads is 'never'")
    const error = 'boom: <x> & "y" \\ é漢🙂\nat line 2\t\u2028'
    const failed = stateOf(taskUuid(), 'FAILURE', { error, taskName: 'géant.漢/<task>' })
    await bench.store([failed])
    assertSameState(await bench.read(failed.taskUuid), failed)
  },

  'keeps a result of 200 KiB': async (bench) => {
    skipUnless(bench.backend.capabilities.reads !== 'never', "reads is 'never'")
    const { maxRecordBytes } = bench.backend.capabilities
    skipUnless(maxRecordBytes >= 210_000, `maxRecordBytes is ${maxRecordBytes}`)
    const large = stateOf(taskUuid(), 'SUCCESS', { results: [{ type: 'string', value: 'é'.repeat(102_400) }] })
    await bench.store([large])
    assertSameState(await bench.read(large.taskUuid), large)
  },

  'reads many states in order, undefined where there is none': async (bench) => {
    bench.needsReads()
    const stored = Array.from({ length: 300 }, () => stateOf(taskUuid(), 'PENDING'))
    await bench.store(stored)
    const asked = stored
      .flatMap(({ taskUuid: uuid }, index) => (index % 3 === 0 ? [taskUuid(), uuid] : [uuid]))
      .reverse()
    const read = await bench.promptly(bench.backend.readStates(asked), 'readStates()')
    const known = new Set(stored.map((each) => each.taskUuid))
    assert.deepEqual(
      read.map((state) => state?.taskUuid),
      asked.map((uuid) => (known.has(uuid) ? uuid : undefined)),
    )
    assert.deepEqual(await bench.promptly(bench.backend.readStates([]), 'readStates()'), [])
  },

  'reads the same UUID twice in one call': async (bench) => {
    bench.needsReads()
    const state = stateOf(taskUuid(), 'STARTED')
    await bench.store([state])
    const read = await bench.promptly(bench.backend.readStates([state.taskUuid, state.taskUuid]), 'readStates()')
    assert.deepEqual(
      read.map((each) => each?.state),
      ['STARTED', 'STARTED'],
    )
  },

  'forgets deleted states, and minds no unknown ones': async (bench) => {
    bench.needsReads()
    const [gone, kept] = [stateOf(taskUuid(), 'SUCCESS'), stateOf(taskUuid(), 'SUCCESS')]
    await bench.store([gone, kept])
    await bench.promptly(bench.backend.deleteStates([gone.taskUuid, taskUuid()]), 'deleteStates()')
    await bench.promptly(bench.backend.deleteStates([]), 'deleteStates()')
    assert.equal(await bench.read(gone.taskUuid), undefined)
    assertSameState(await bench.read(kept.taskUuid), kept)
    await bench.store([stateOf(gone.taskUuid, 'PENDING')])
  },

  'forgets a state when its life is over, and none earlier': async (bench) => {
    bench.needsReads()
    const { delayMs, patienceMs } = bench.timing
    const [short, long] = [stateOf(taskUuid(), 'SUCCESS'), stateOf(taskUuid(), 'SUCCESS')]
    const start = Date.now()
    await bench.save([
      { state: short, expiresInMs: delayMs },
      { state: long, expiresInMs: hourMs },
    ])
    const early = await bench.read(short.taskUuid)
    if (Date.now() < start + delayMs) assertSameState(early, short)
    await eventually('an expired state that is gone', delayMs + patienceMs, async () => {
      return (await bench.read(short.taskUuid)) === undefined
    })
    assert.ok(Date.now() >= start + delayMs, 'The state was gone before its time.')
    assertSameState(await bench.read(long.taskUuid), long)
  },

  'gives a state the life of the newest write': async (bench) => {
    bench.needsReads()
    const { delayMs, patienceMs } = bench.timing
    const [uuid, canary] = [taskUuid(), taskUuid()]
    await bench.save([{ state: stateOf(uuid, 'PENDING'), expiresInMs: delayMs }])
    await bench.store([stateOf(uuid, 'SUCCESS')])
    // What still has its first life dies before this one.
    await bench.save([{ state: stateOf(canary, 'PENDING'), expiresInMs: delayMs }])
    await eventually('an expired state that is gone', delayMs + patienceMs, async () => {
      return (await bench.read(canary)) === undefined
    })
    assert.equal((await bench.read(uuid))?.state, 'SUCCESS')
  },
}
