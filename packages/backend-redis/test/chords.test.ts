import { startProxy, startRedisCluster } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { Cluster } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { RedisBackend } from '../src/index.js'
import { end, groupOf, hourMs, useBench } from './bench.js'
import { GoWorker } from './go-worker.js'
import { goGroup, goGroupTriggered } from './golden.js'

const mutexKey = 'TriggerChordMutex'

describeWithServer('redis-server', 'chords', () => {
  const bench = useBench()

  describe('beside Go', () => {
    test('raises the flag that Go reads, and changes nothing else of the record', async () => {
      const backend = bench.open()
      await bench.admin.set('group_ch_', goGroup, 'EX', 3600)
      expect(await backend.claimChord('group_ch_', { owner: 'a', leaseMs: 1_000 })).toBe('claimed')
      const triggered = goGroupTriggered.replace(':true', ': true')
      expect(await bench.admin.get('group_ch_')).toBe(triggered)
      expect(await bench.admin.ttl('group_ch_')).toBeGreaterThan(3_590)
      await backend.markChordSent('group_ch_')
      expect(await bench.admin.get('group_ch_')).toBe(triggered)
      expect(await new GoWorker(bench.admin).triggerChord('group_ch_')).toBe(false)
    })

    test.each([
      ['the flag is written with spaces', (record: string) => record.replace(':false,"Lock"', ' :  false, "Lock"')],
      ['much follows the flag', (record: string) => record.replace('"TTL":0', `"TTL":0,"Other":"${'x'.repeat(500)}"`)],
    ])('raises it also where %s', async (_, rewrite) => {
      const backend = bench.open()
      const record = rewrite(goGroup)
      await bench.admin.set('group_ch_', record, 'EX', 3600)
      expect(await backend.claimChord('group_ch_', { owner: 'a', leaseMs: 1_000 })).toBe('claimed')
      const stored = (await bench.admin.get('group_ch_')) as string
      expect(JSON.parse(stored)).toEqual({ ...JSON.parse(record), ChordTriggered: true })
      expect(stored).toHaveLength(record.length)
      expect(await new GoWorker(bench.admin).triggerChord('group_ch_')).toBe(false)
    })

    test('knows that Go sent the callback', async () => {
      const backend = bench.open()
      const group = groupOf(1)
      await backend.createGroup(group, hourMs)
      expect(await new GoWorker(bench.admin).triggerChord(group.groupUuid)).toBe(true)
      expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 1_000 })).toBe('sent')
    })

    test.each([
      ['{ "ChordTriggered" : false, "TaskUUIDs": ["x"], "CreatedAt": "2030-01-01T00:00:00Z" }', 'claimed'],
      ['{ "ChordTriggered" : true, "TaskUUIDs": ["x"], "CreatedAt": "2030-01-01T00:00:00Z" }', 'sent'],
      [
        '{"GroupUUID":"g","TaskUUIDs":["\\"ChordTriggered\\":true"],"ChordTriggered":false,"Lock":false,"CreatedAt":"x","TTL":0}',
        'claimed',
      ],
    ])('reads the flag in whatever order and spacing: %s', async (record, claim) => {
      await bench.admin.set('g', record)
      expect(await bench.open().claimChord('g', { owner: 'a', leaseMs: 1_000 })).toBe(claim)
      expect(JSON.parse((await bench.admin.get('g')) ?? '').ChordTriggered).toBe(true)
    })

    test('waits while a worker in Go has the mutex, then claims', async () => {
      const backend = bench.open()
      const group = groupOf(1)
      await backend.createGroup(group, hourMs)
      await bench.admin.set(mutexKey, 'of a worker in Go', 'PX', 1_000)
      const start = performance.now()
      expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 1_000 })).toBe('claimed')
      expect(performance.now() - start).toBeGreaterThan(800)
    })

    test('of 200 chords whose two members finish at once, one in Go and one here, each fires once', async () => {
      const backend = bench.open()
      const go = new GoWorker(bench.admin)
      const fired = await Promise.all(
        Array.from({ length: 200 }, async () => {
          const group = groupOf(2)
          await backend.createGroup(group, hourMs)
          const [mine, theirs] = group.taskUuids as [string, string]
          const [byUs, byGo] = await Promise.all([fire(backend, group, mine), go.finish(theirs, group.groupUuid)])
          return Number(byUs) + Number(byGo)
        }),
      )
      expect(fired).toEqual(fired.map(() => 1))
    }, 60_000)
  })

  test('of 50 members that finish at once on four workers one fires', async () => {
    const backends = Array.from({ length: 4 }, () => bench.open())
    for (let n = 0; n < 20; n++) {
      const group = groupOf(50)
      await backends[0]?.createGroup(group, hourMs)
      const fired = await Promise.all(
        group.taskUuids.map((uuid, index) => fire(backends[index % 4] as RedisBackend, group, uuid)),
      )
      expect(fired.filter(Boolean)).toHaveLength(1)
    }
  })

  test('a claim whose answer was lost is still its owner’s', async () => {
    await using proxy = await startProxy({ target: bench.server })
    const backend = bench.open({ port: proxy.port })
    const group = groupOf(1)
    await backend.createGroup(group, hourMs)
    proxy.dropNextReply('owner-a')
    await expect(backend.claimChord(group.groupUuid, { owner: 'owner-a', leaseMs: hourMs })).rejects.toThrow()
    expect(await backend.claimChord(group.groupUuid, { owner: 'owner-a', leaseMs: hourMs })).toBe('claimed')
    expect(await bench.open().claimChord(group.groupUuid, { owner: 'b', leaseMs: hourMs })).toBe('held')
  })

  test('a claim is free again after its lease, also when its owner had raised the flag', async () => {
    const backend = bench.open()
    const group = groupOf(1)
    await backend.createGroup(group, hourMs)
    expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 100 })).toBe('claimed')
    await expect.poll(() => backend.claimChord(group.groupUuid, { owner: 'b', leaseMs: hourMs })).toBe('claimed')
    await backend.markChordSent(group.groupUuid)
    expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 100 })).toBe('sent')
  })

  test('marking a group that is gone is no error', async () => {
    await expect(bench.open().markChordSent('nowhere')).resolves.toBeUndefined()
    expect(await bench.admin.keys('*')).toEqual([])
  })

  test("in a cluster takes Go's mutex in Go's way, and gives it back", async () => {
    await using cluster = await startRedisCluster()
    const admin = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    const backend = new RedisBackend({ url: cluster.url })
    const groups = Array.from({ length: 30 }, () => groupOf(2))
    await Promise.all(groups.map((group) => backend.createGroup(group, hourMs)))
    await admin.set(mutexKey, 'of a worker in Go', 'PX', 700)
    const start = performance.now()
    const claims = groups.map(({ groupUuid }) => backend.claimChord(groupUuid, { owner: 'a', leaseMs: hourMs }))
    expect(await Promise.all(claims)).toEqual(groups.map(() => 'claimed'))
    expect(performance.now() - start).toBeGreaterThan(500)
    expect(await admin.exists(mutexKey)).toBe(0)
    for (const { groupUuid } of groups) expect((await backend.readGroup(groupUuid))?.chordTriggered).toBe(true)
    await backend.close()
    admin.disconnect()
  }, 40_000)
})

/** Ends a member; whether its worker got to send the callback. */
async function fire(backend: RedisBackend, group: ReturnType<typeof groupOf>, taskUuid: string): Promise<boolean> {
  if (!(await end(backend, group, taskUuid))) return false
  const claim = await backend.claimChord(group.groupUuid, { owner: taskUuid, leaseMs: 60_000 })
  if (claim === 'claimed') await backend.markChordSent(group.groupUuid)
  return claim === 'claimed'
}
