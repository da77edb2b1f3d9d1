import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, expect, test } from 'vitest'
import { end, groupOf, hourMs, memberOf, useBench, writeOf } from './bench.js'
import { GoWorker } from './go-worker.js'
import { goGroup, goGroupTriggered } from './golden.js'

describeWithServer('redis-server', 'groups', () => {
  const bench = useBench()
  const goRecord = {
    groupUuid: 'group_ch_',
    taskUuids: ['ch_c1', 'ch_c2'],
    chordTriggered: false,
    createdAt: '2026-11-22T19:23:32.454039562Z',
  }

  describe('beside Go', () => {
    test('stores the record that Go stores, and reads it', async () => {
      const backend = bench.open()
      await backend.createGroup(goRecord, hourMs)
      expect(await bench.admin.get('group_ch_')).toBe(goGroup)
      expect(Math.round((await bench.admin.pttl('group_ch_')) / 1_000)).toBe(3_600)
      await bench.admin.set('group_ch_', goGroupTriggered)
      expect(await backend.readGroup('group_ch_')).toEqual({ ...goRecord, chordTriggered: true })
    })

    test.each(['Go', 'we'])('completes a group that Go created and both ran, when %s finish last', async (last) => {
      const backend = bench.open()
      const go = new GoWorker(bench.admin)
      const group = groupOf(20)
      await go.createGroup(group.groupUuid, group.taskUuids, group.createdAt)
      const [first, ...others] = group.taskUuids as [string, ...string[]]
      const fired: string[] = []
      const byGo = async (uuid: string): Promise<void> => {
        if (await go.finish(uuid, group.groupUuid)) fired.push(uuid)
      }
      const byUs = async (uuid: string): Promise<void> => {
        if (await end(backend, group, uuid)) {
          if ((await backend.claimChord(group.groupUuid, { owner: uuid, leaseMs: 1_000 })) === 'claimed')
            fired.push(uuid)
        }
      }
      for (const [index, uuid] of others.entries()) {
        await (index % 2 === 0 ? byGo(uuid) : byUs(uuid))
        expect(fired).toEqual([])
      }
      await (last === 'Go' ? byGo(first) : byUs(first))
      expect(fired).toEqual([first])
    })

    test('counts members that Go ran, though a message that came again took one back for a while', async () => {
      const backend = bench.open()
      const go = new GoWorker(bench.admin)
      const group = groupOf(3)
      await backend.createGroup(group, hourMs)
      const [a, b, c] = group.taskUuids as [string, string, string]
      await go.setState(a, 'SUCCESS', 1)
      expect(await end(backend, group, b)).toBe(false)
      await backend.finishMembers([memberOf(group, a)])
      await go.setState(a, 'STARTED')
      expect(await end(backend, group, c)).toBe(false)
      await go.setState(a, 'SUCCESS', 1)
      const [again] = await backend.finishMembers([memberOf(group, c)])
      expect(again).toMatchObject({ status: 'ok', complete: true })
    })

    test('forgets its notes when Go sends a group of the same UUID again', async () => {
      const backend = bench.open()
      const go = new GoWorker(bench.admin)
      const group = groupOf(2, '2030-01-01T00:00:00Z')
      await backend.createGroup(group, hourMs)
      for (const uuid of group.taskUuids) await end(backend, group, uuid)
      expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: hourMs })).toBe('claimed')
      await backend.markChordSent(group.groupUuid)
      await backend.deleteStates(group.taskUuids)
      await go.createGroup(group.groupUuid, group.taskUuids, '2030-01-02T00:00:00Z')
      expect(await end(backend, group, group.taskUuids[0] as string)).toBe(false)
      expect(await end(backend, group, group.taskUuids[1] as string)).toBe(true)
      expect(await backend.claimChord(group.groupUuid, { owner: 'b', leaseMs: hourMs })).toBe('claimed')
    })
  })

  test('leaves no key behind when it is deleted, and every private key expires with the group', async () => {
    const backend = bench.open()
    const group = groupOf(3)
    await backend.createGroup(group, hourMs)
    await end(backend, group, group.taskUuids[0] as string)
    await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 60_000 })
    const keys = await bench.admin.keys('*')
    expect(keys.filter((key) => key.includes(':ts:'))).toHaveLength(3)
    for (const key of keys) expect(await bench.admin.pttl(key)).toBeGreaterThan(0)
    await backend.deleteGroup(group.groupUuid)
    await backend.deleteStates(group.taskUuids)
    expect(await bench.admin.keys('*')).toEqual([])
  })

  test('a member named twice is one member', async () => {
    const backend = bench.open()
    const group = groupOf(['a', 'a', 'b'])
    await backend.createGroup(group, hourMs)
    expect(await end(backend, group, 'a')).toBe(false)
    expect(await end(backend, group, 'a')).toBe(false)
    expect(await end(backend, group, 'b')).toBe(true)
  })

  test('is complete, not silent, when the state of a member that had ended is gone', async () => {
    const backend = bench.open()
    const group = groupOf(2)
    await backend.createGroup(group, hourMs)
    const [a, b] = group.taskUuids as [string, string]
    expect(await end(backend, group, a)).toBe(false)
    await bench.admin.del(a)
    expect(await end(backend, group, b)).toBe(true)
  })

  test('of calls that overlap, while others end members without noting them, one says complete', async () => {
    const backend = bench.open()
    const go = new GoWorker(bench.admin)
    const complete = await Promise.all(
      Array.from({ length: 40 }, async (_, round) => {
        const group = groupOf(30)
        await backend.createGroup(group, hourMs)
        const byGo = group.taskUuids.filter((_, index) => index % 3 === round % 3)
        const [last, ...ours] = group.taskUuids.filter((uuid) => !byGo.includes(uuid)) as [string, ...string[]]
        const noting = ours.map((uuid) => end(backend, group, uuid))
        await Promise.all(byGo.map((uuid) => go.setState(uuid, 'SUCCESS', 1)))
        // The others may still be looking at what Go ended.
        return [...(await Promise.all([...noting, end(backend, group, last)]))].includes(true)
      }),
    )
    expect(complete.filter((each) => !each)).toEqual([])
  })

  test('those noted while a call looks for members that others ended need not wait for it', async () => {
    const backend = bench.open()
    const go = new GoWorker(bench.admin)
    const group = groupOf(1_000)
    await backend.createGroup(group, hourMs)
    const [first, last, ...others] = group.taskUuids as [string, string, ...string[]]
    await Promise.all(others.map((uuid) => go.setState(uuid, 'SUCCESS', 1)))
    await backend.saveStates([first, last].map((uuid) => writeOf(uuid, 'SUCCESS')))
    const counts = await bench.countCommands(async () => {
      const answers = [first, last].map((uuid) => backend.finishMembers([memberOf(group, uuid)]))
      expect((await Promise.all(answers)).flat()).toMatchObject([{ complete: false }, { complete: true }])
    })
    // The first one notes and leaves the search to the second.
    expect((counts.get('evalsha') ?? 0) + (counts.get('eval') ?? 0)).toBeLessThan(30)
  })

  test('a search goes on where calls are given up and repeated, since the server is slow', async () => {
    await using proxy = await startProxy({ target: bench.server })
    const backend = bench.open({ port: proxy.port })
    const group = groupOf(1_000)
    await backend.createGroup(group, hourMs)
    await backend.saveStates(group.taskUuids.map((uuid) => writeOf(uuid, 'SUCCESS')))
    proxy.delay(30)
    let isComplete = false
    const counts = await bench.countCommands(async () => {
      for (let call = 0; !isComplete && call < 30; call++) {
        // As core does: a few round trips are all that a call has time for.
        const finishing = backend.finishMembers([memberOf(group, group.taskUuids[0] as string)])
        const answers = await Promise.race([finishing, sleep(200)])
        isComplete = answers?.some((answer) => answer.status === 'ok' && answer.complete) ?? false
      }
    })
    expect(isComplete).toBe(true)
    expect((counts.get('evalsha') ?? 0) + (counts.get('eval') ?? 0)).toBeLessThan(60)
  })

  test('completes for a user who may touch the keys of tasks and groups only', async () => {
    const keys = ['~task_*', '~group_*', '~{group_*', '~TriggerChordMutex']
    await bench.admin.call('ACL', 'SETUSER', 'machinery', 'on', '>secret', ...keys, '&*', '+@all')
    const backend = bench.open({ username: 'machinery', password: 'secret' })
    const group = groupOf(2)
    await backend.createGroup(group, hourMs)
    const [a, b] = group.taskUuids as [string, string]
    expect(await end(backend, group, a)).toBe(false)
    expect(await end(backend, group, b)).toBe(true)
    expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 1_000 })).toBe('claimed')
    await backend.markChordSent(group.groupUuid)
  })

  test('tells the states of all members in order with the answer that they have ended', async () => {
    const backend = bench.open()
    const group = groupOf(3)
    await backend.createGroup(group, hourMs)
    const [a, b, c] = group.taskUuids as [string, string, string]
    await backend.saveStates([writeOf(c, 'FAILURE'), writeOf(a, 'SUCCESS'), writeOf(b, 'SUCCESS')])
    await bench.admin.del(b)
    const [answer] = await backend.finishMembers([a, b, c].map((uuid) => memberOf(group, uuid)))
    expect(answer).toEqual({
      status: 'ok',
      complete: true,
      states: [writeOf(a, 'SUCCESS').state, undefined, writeOf(c, 'FAILURE').state],
    })
  })

  test('is missing when its record is gone or no record', async () => {
    const backend = bench.open()
    const group = groupOf(2)
    await backend.createGroup(group, hourMs)
    await bench.admin.del(group.groupUuid)
    expect(await backend.finishMembers([memberOf(group, 'x')])).toEqual([{ status: 'missing' }])
    await bench.admin.set(group.groupUuid, '<html>')
    expect(await backend.finishMembers([memberOf(group, 'x')])).toEqual([{ status: 'missing' }])
    expect(await backend.readGroup(group.groupUuid)).toBeUndefined()
  })

  test('completes when an answer was lost and the call is repeated', async () => {
    await using proxy = await startProxy({ target: bench.server })
    const backend = bench.open({ port: proxy.port })
    const group = groupOf(2)
    await backend.createGroup(group, hourMs)
    const [a, b] = group.taskUuids as [string, string]
    await end(backend, group, a)
    await backend.saveStates([writeOf(b, 'SUCCESS')])
    proxy.dropNextReply(b)
    expect(await backend.finishMembers([memberOf(group, b)])).toMatchObject([{ status: 'indeterminate' }])
    expect(await backend.finishMembers([memberOf(group, b)])).toMatchObject([{ status: 'ok', complete: true }])
  })

  describe('prolonging', () => {
    const stateLife = (uuid: string): Promise<number> => bench.admin.pttl(uuid)

    test('a quarter into its life, a finished member prolongs the group and the states of all members', async () => {
      const backend = bench.open()
      const group = groupOf(4)
      await backend.createGroup(group, hourMs)
      const [a, b, c, d] = group.taskUuids as [string, string, string, string]
      await backend.saveStates([a, b, c].map((uuid) => writeOf(uuid, uuid === c ? 'PENDING' : 'SUCCESS')))
      await backend.saveStates([writeOf(d, 'PENDING', { expiresInMs: 3 * hourMs })])
      for (const key of await bench.admin.keys('*')) if (key !== d) await bench.admin.pexpire(key, 0.7 * hourMs)
      await backend.finishMembers([memberOf(group, a)])
      for (const key of await bench.admin.keys('*')) expect(await stateLife(key)).toBeGreaterThan(0.99 * hourMs)
      expect(await stateLife(d)).toBeGreaterThan(2.9 * hourMs)
    })

    test('within the first quarter nothing is prolonged, so that the work stays constant', async () => {
      const backend = bench.open()
      const group = groupOf(100)
      await backend.createGroup(group, hourMs)
      const [a, b] = group.taskUuids as [string, string]
      await end(backend, group, a)
      await bench.admin.pexpire(a, 1_000_000)
      const counts = await bench.countCommands(() => end(backend, group, b))
      expect(counts.get('pexpire') ?? 0).toBe(0)
      expect(await stateLife(a)).toBeLessThanOrEqual(1_000_000)
    })

    test('a group lives on as long as members finish, however long that takes', async () => {
      const backend = bench.open()
      const group = groupOf(6)
      const lifeMs = 1_500
      await backend.createGroup(group, lifeMs)
      let isComplete = false
      for (const uuid of group.taskUuids) {
        await backend.saveStates([writeOf(uuid, 'SUCCESS', { expiresInMs: lifeMs })])
        const [answer] = await backend.finishMembers([memberOf(group, uuid, lifeMs)])
        isComplete = answer?.status === 'ok' && answer.complete
        await new Promise((resolve) => setTimeout(resolve, 400))
      }
      expect(isComplete).toBe(true)
      expect((await backend.readStates(group.taskUuids)).every((state) => state?.state === 'SUCCESS')).toBe(true)
    })
  })

  describe('at little cost', () => {
    test('a group of 10,000 finishes with few commands for each flush and few looks for each member', async () => {
      const backend = bench.open()
      const group = groupOf(10_000)
      await backend.createGroup(group, hourMs)
      const flush = 100
      let isComplete = false
      const counts = await bench.countCommands(async () => {
        for (let start = 0; start < group.taskUuids.length; start += flush) {
          const uuids = group.taskUuids.slice(start, start + flush)
          await backend.saveStates(uuids.map((uuid) => writeOf(uuid, 'SUCCESS')))
          const answers = await backend.finishMembers(uuids.map((uuid) => memberOf(group, uuid)))
          isComplete = answers.every((answer) => answer.status === 'ok' && answer.complete)
          expect(isComplete).toBe(start + flush === group.taskUuids.length)
        }
      })
      expect(isComplete).toBe(true)
      // Save, note and look: three for each flush, and the last look at all.
      expect((counts.get('evalsha') ?? 0) + (counts.get('eval') ?? 0)).toBeLessThan(3.3 * 100 + 20)
      // One when a state is stored and one in the end for each member, some for each flush.
      expect(counts.get('getrange')).toBeLessThan(2 * 10_000 + 1_000)
    }, 30_000)

    test('members that finish one by one each cost a constant number of looks', async () => {
      const backend = bench.open()
      const group = groupOf(500)
      await backend.createGroup(group, hourMs)
      const counts = await bench.countCommands(async () => {
        for (const uuid of group.taskUuids) await end(backend, group, uuid)
      })
      expect(counts.get('getrange')).toBeLessThan(500 * 5)
      expect((counts.get('evalsha') ?? 0) + (counts.get('eval') ?? 0)).toBeLessThan(500 * 3.2)
    })

    test('members that Go finished are found in a number of rounds that grows with its logarithm', async () => {
      const backend = bench.open()
      const go = new GoWorker(bench.admin)
      const group = groupOf(1_000)
      await backend.createGroup(group, hourMs)
      const [last, ...others] = group.taskUuids as [string, ...string[]]
      await Promise.all(others.map((uuid) => go.setState(uuid, 'SUCCESS', 1)))
      const counts = await bench.countCommands(async () => expect(await end(backend, group, last)).toBe(true))
      expect((counts.get('evalsha') ?? 0) + (counts.get('eval') ?? 0)).toBeLessThan(30)
    })

    test('members of many groups are noted together', async () => {
      const backend = bench.open()
      const groups = Array.from({ length: 50 }, () => groupOf(2))
      for (const group of groups) await backend.createGroup(group, hourMs)
      const first = groups.map((group) => memberOf(group, group.taskUuids[0] as string))
      await backend.finishMembers(first)
      const counts = await bench.countCommands(() => backend.finishMembers(first))
      expect(counts.get('evalsha')).toBe(2)
    })
  })
})
