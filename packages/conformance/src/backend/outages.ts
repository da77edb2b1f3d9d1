import assert from 'node:assert/strict'
import { isResultNotifier } from '@machinery/core/adapter'
import { type CaseGroup, skipUnless } from '../case.js'
import { eventually, sleep } from '../timing.js'
import { assertSameState, type BackendBench, hourMs, stateOf, taskUuid } from './bench.js'

export const outages: CaseGroup<BackendBench> = {
  'reads and saves again after its connections were cut': async (bench) => {
    bench.needsReads()
    const before = stateOf(taskUuid(), 'SUCCESS')
    await bench.store([before])
    await drop(bench)
    await saveStubbornly(bench)
    await eventually('a read after a cut', bench.timing.patienceMs, async () => {
      const read = await bench.read(before.taskUuid).catch(rethrowHangs)
      if (read !== undefined) assertSameState(read, before)
      return read !== undefined
    })
  },

  'settles every call that is under way at a cut': async (bench) => {
    const group = await bench.group(3).catch(() => undefined)
    const calls = Array.from({ length: 40 }, () => [
      bench.backend.saveStates([{ state: stateOf(taskUuid(), 'SUCCESS'), expiresInMs: hourMs }]),
      bench.backend.readStates([taskUuid()]),
      bench.backend.claimChord(group?.groupUuid ?? '', { owner: 'a', leaseMs: hourMs }),
    ]).flat()
    const settled = Promise.allSettled(calls)
    await drop(bench)
    await bench.promptly(settled, 'the calls that were under way at a cut')
  },

  'a claim repeated by its owner after a cut is claimed': async (bench) => {
    bench.needsChords()
    const { groupUuid } = await bench.group(1)
    await bench.promptly(bench.backend.claimChord(groupUuid, { owner: 'a', leaseMs: hourMs }), 'claimChord()')
    await drop(bench)
    const claim = await eventually('a claim after a cut', bench.timing.patienceMs, () => {
      return bench
        .promptly(bench.backend.claimChord(groupUuid, { owner: 'a', leaseMs: hourMs }), 'claimChord()')
        .catch(rethrowHangs)
    })
    assert.equal(claim, 'claimed')
  },

  'announces results again after a cut': async (bench) => {
    const { backend } = bench
    skipUnless(isResultNotifier(backend), 'the backend is no ResultNotifier')
    const heard = new Set<string>()
    await backend.onResults((uuids) => {
      for (const uuid of uuids) heard.add(uuid)
    })
    await drop(bench)
    await eventually('a result announced after a cut', bench.timing.patienceMs, async () => {
      const uuid = taskUuid()
      const write = { state: stateOf(uuid, 'SUCCESS'), expiresInMs: hourMs, replyTo: backend.replyAddress }
      await bench.save([write]).catch(rethrowHangs)
      await sleep(20)
      return heard.has(uuid)
    })
  },

  'keeps its records over a restart of the server, and goes on by itself': async (bench) => {
    bench.needsReads()
    const { restartServer } = bench.options
    skipUnless(restartServer !== undefined, 'the kit was given no restartServer()')
    const before = stateOf(taskUuid(), 'SUCCESS')
    await bench.store([before])
    await restartServer()
    await saveStubbornly(bench)
    assertSameState(await bench.read(before.taskUuid), before)
  },
}

async function drop(bench: BackendBench): Promise<void> {
  skipUnless(bench.options.dropConnections !== undefined, 'the kit was given no dropConnections()')
  await bench.promptly(bench.options.dropConnections(), 'dropConnections()')
}

async function saveStubbornly(bench: BackendBench): Promise<void> {
  const state = stateOf(taskUuid(), 'SUCCESS')
  await eventually('a state stored after an outage', bench.timing.patienceMs, async () => {
    const saved = await bench.save([{ state, expiresInMs: hourMs }]).catch(rethrowHangs)
    // A write whose answer was lost is kept when it is repeated.
    return saved?.[0]?.status === 'stored' || saved?.[0]?.status === 'kept'
  })
}

function rethrowHangs(error: Error): undefined {
  if (error.name === 'HangError') throw error
}
