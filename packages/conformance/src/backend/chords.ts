import assert from 'node:assert/strict'
import type { Backend, ChordClaim } from '@machinery/core/adapter'
import type { CaseGroup } from '../case.js'
import { eventually, sleep } from '../timing.js'
import { type BackendBench, hourMs } from './bench.js'

export const chords: CaseGroup<BackendBench> = {
  'gives the claim to one of many owners': async (bench) => {
    bench.needsChords()
    const backends = [bench.backend, await bench.openBackend()]
    const { groupUuid } = await bench.group(1)
    const claims = await Promise.all(
      Array.from({ length: 50 }, (_, index) => claim(bench, groupUuid, `owner-${index}`, hourMs, backends[index % 2])),
    )
    assert.equal(claims.filter((each) => each === 'claimed').length, 1, `Claims: ${claims}`)
    assert.equal(claims.filter((each) => each === 'held').length, 49, `Claims: ${claims}`)
  },

  'gives it to the same owner again': async (bench) => {
    bench.needsChords()
    const { groupUuid } = await bench.group(1)
    assert.equal(await claim(bench, groupUuid, 'a'), 'claimed')
    assert.equal(await claim(bench, groupUuid, 'a'), 'claimed')
    assert.equal(await claim(bench, groupUuid, 'b'), 'held')
    assert.equal(await claim(bench, groupUuid, 'a'), 'claimed')
  },

  "frees it for others when the owner's lease has passed, and not before": async (bench) => {
    bench.needsChords()
    const { groupUuid } = await bench.group(1)
    const leaseMs = bench.timing.delayMs
    const start = Date.now()
    assert.equal(await claim(bench, groupUuid, 'a', leaseMs), 'claimed')
    await eventually('a claim whose lease passed', leaseMs + bench.timing.patienceMs, async () => {
      return (await claim(bench, groupUuid, 'b')) === 'claimed'
    })
    assert.ok(Date.now() >= start + leaseMs, `It was free after ${Date.now() - start} of ${leaseMs} ms.`)
    assert.equal(await claim(bench, groupUuid, 'a'), 'held')
  },

  'tells everybody that the callback was sent, for ever': async (bench) => {
    bench.needsChords()
    const { groupUuid } = await bench.group(1)
    const leaseMs = bench.timing.delayMs
    assert.equal(await claim(bench, groupUuid, 'a', leaseMs), 'claimed')
    await bench.promptly(bench.backend.markChordSent(groupUuid), 'markChordSent()')
    await bench.promptly(bench.backend.markChordSent(groupUuid), 'markChordSent()')
    assert.equal(await claim(bench, groupUuid, 'a'), 'sent')
    assert.equal(await claim(bench, groupUuid, 'b', hourMs, await bench.openBackend()), 'sent')
    await sleep(leaseMs + bench.timing.quietMs)
    assert.equal(await claim(bench, groupUuid, 'b'), 'sent')
  },

  "shows in the group's record that the callback was sent": async (bench) => {
    bench.needsChords()
    const { groupUuid } = await bench.group(1)
    assert.equal((await bench.promptly(bench.backend.readGroup(groupUuid), 'readGroup()'))?.chordTriggered, false)
    await claim(bench, groupUuid, 'a')
    await bench.promptly(bench.backend.markChordSent(groupUuid), 'markChordSent()')
    assert.equal((await bench.promptly(bench.backend.readGroup(groupUuid), 'readGroup()'))?.chordTriggered, true)
  },

  'keeps the claims of groups apart': async (bench) => {
    bench.needsChords()
    const [one, two] = [await bench.group(1), await bench.group(1)]
    assert.equal(await claim(bench, one.groupUuid, 'a'), 'claimed')
    await bench.promptly(bench.backend.markChordSent(one.groupUuid), 'markChordSent()')
    assert.equal(await claim(bench, two.groupUuid, 'b'), 'claimed')
  },
}

function claim(
  bench: BackendBench,
  groupUuid: string,
  owner: string,
  leaseMs: number = hourMs,
  backend: Backend = bench.backend,
): Promise<ChordClaim> {
  return bench.promptly(backend.claimChord(groupUuid, { owner, leaseMs }), 'claimChord()')
}
