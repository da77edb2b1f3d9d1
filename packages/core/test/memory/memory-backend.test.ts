import { describe, expect, test } from 'vitest'
import type { FinishedMember, GroupRecord, StateWrite, TaskState } from '../../src/contracts/index.js'
import { ExpiringMap } from '../../src/memory/expiring-map.js'
import { MemoryBackend, VirtualClock } from '../../src/memory/index.js'
import { MemoryGroup } from '../../src/memory/memory-group.js'

const hourMs = 3_600_000

function state(taskUuid: string, name: TaskState['state'], results: TaskState['results'] = null): TaskState {
  return { taskUuid, taskName: 'add', state: name, results, error: '', createdAt: '2030-01-02T03:04:05.678901234Z' }
}

function success(taskUuid: string, more: Partial<StateWrite> = {}): StateWrite {
  return { state: state(taskUuid, 'SUCCESS', []), expiresInMs: hourMs, ...more }
}

function group(...taskUuids: string[]): GroupRecord {
  return { groupUuid: 'g', taskUuids, chordTriggered: false, createdAt: '2030-01-02T03:04:05Z' }
}

function member(taskUuid: string, expiresInMs = hourMs): FinishedMember {
  return { groupUuid: 'g', taskUuid, taskCount: 2, expiresInMs }
}

describe('the memory backend', () => {
  test('forgets by its clock, to the millisecond', async () => {
    const clock = new VirtualClock()
    const backend = new MemoryBackend({ clock })
    await backend.saveStates([success('t', { expiresInMs: 1_000 })])
    await backend.createGroup(group('t'), 1_000)
    await clock.advance(999)
    expect((await backend.readStates(['t']))[0]?.state).toBe('SUCCESS')
    await clock.advance(1)
    expect(await backend.readStates(['t'])).toEqual([undefined])
    expect(await backend.readGroup('g')).toBeUndefined()
  })

  test('keeps a state as it was when it was saved, whatever becomes of the object', async () => {
    const backend = new MemoryBackend()
    const values = [1, 2]
    await backend.saveStates([
      { state: state('t', 'SUCCESS', [{ type: '[]int64', value: values }]), expiresInMs: hourMs },
    ])
    values.push(3)
    const [read] = await backend.readStates(['t'])
    expect(read?.results).toEqual([{ type: '[]int64', value: [1, 2] }])
    expect(read?.createdAt).toBe('2030-01-02T03:04:05.678901234Z')
  })

  test('renews all that ended when any member is noted, at the cost of one', async () => {
    const clock = new VirtualClock()
    const backend = new MemoryBackend({ clock })
    await backend.createGroup(group('a', 'b'), 1_000)
    await backend.saveStates([success('a', { expiresInMs: 1_000 })])
    await backend.finishMembers([member('a', 1_000)])
    await clock.advance(900)
    await backend.saveStates([success('b', { expiresInMs: 1_000 })])
    expect(await backend.finishMembers([member('b', 5_000)])).toEqual([{ status: 'ok', complete: true }])
    await clock.advance(4_000)
    expect((await backend.readStates(['a', 'b'])).map((each) => each?.state)).toEqual(['SUCCESS', 'SUCCESS'])
    expect(await backend.readGroup('g')).toBeDefined()
    await clock.advance(1_000)
    expect(await backend.readStates(['a', 'b'])).toEqual([undefined, undefined])
  })

  test('frees a claim when its lease has passed, by its clock', async () => {
    const clock = new VirtualClock()
    const backend = new MemoryBackend({ clock })
    await backend.createGroup(group('a'), hourMs)
    expect(await backend.claimChord('g', { owner: 'x', leaseMs: 1_000 })).toBe('claimed')
    await clock.advance(999)
    expect(await backend.claimChord('g', { owner: 'y', leaseMs: 1_000 })).toBe('held')
    await clock.advance(1)
    expect(await backend.claimChord('g', { owner: 'y', leaseMs: 1_000 })).toBe('claimed')
  })

  test('announces all results of one call at once, to the address that waits', async () => {
    const backend = new MemoryBackend()
    const other = new MemoryBackend({ sharedWith: backend })
    const heard: (readonly string[])[] = []
    await backend.onResults((uuids) => heard.push(uuids))
    await other.onResults(() => expect.fail('Nobody answered this address.'))
    const { replyAddress: replyTo } = backend
    await other.saveStates([success('a', { replyTo }), success('b', { replyTo }), success('c')])
    await other.saveStates([success('a', { replyTo })])
    await Promise.resolve()
    expect(heard).toEqual([['a', 'b']])
  })

  test('saves although a listener throws, and tells the others', async () => {
    const backend = new MemoryBackend()
    const heard: (readonly string[])[] = []
    await backend.onResults(() => {
      throw new Error('listener')
    })
    await backend.onResults((uuids) => heard.push(uuids))
    const runnersListeners = process.rawListeners('uncaughtException') as NodeJS.UncaughtExceptionListener[]
    process.removeAllListeners('uncaughtException')
    try {
      const thrown = new Promise((resolve) => process.once('uncaughtException', resolve))
      const saved = await backend.saveStates([success('a', { replyTo: backend.replyAddress })])
      expect(saved).toEqual([{ status: 'stored' }])
      expect(await thrown).toEqual(new Error('listener'))
    } finally {
      for (const listener of runnersListeners) process.on('uncaughtException', listener)
    }
    expect(heard).toEqual([['a']])
  })

  test('tells cancellations to the listeners of all that share it, until they end or are closed', async () => {
    const backends = [new MemoryBackend()]
    backends.push(new MemoryBackend({ sharedWith: backends[0] as MemoryBackend }))
    backends.push(new MemoryBackend({ sharedWith: backends[0] as MemoryBackend }))
    const heard: string[] = []
    const ends = []
    for (const [index, backend] of backends.entries()) {
      ends.push(await backend.onCancelled((uuid) => heard.push(`${index} ${uuid}`)))
    }
    await backends[1]?.cancel('first')
    await ends[0]?.()
    await backends[2]?.close()
    await backends[1]?.cancel('second')
    await Promise.resolve()
    expect(heard).toEqual(['0 first', '1 first', '2 first', '1 second'])
  })

  test('refuses calls after close', async () => {
    const backend = new MemoryBackend()
    await backend.close()
    await expect(backend.saveStates([success('a')])).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
    await expect(backend.onResults(() => {})).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
  })
})

test('a group looks at its members at most twice each, in whatever order they end', () => {
  const uuids = Array.from({ length: 10_000 }, (_, index) => `t${index}`)
  for (const order of [uuids, uuids.toReversed()]) {
    const ended = new Set<string>()
    let looks = 0
    const finishing = new MemoryGroup({ ...group(...uuids) }, Number.POSITIVE_INFINITY)
    const completions = order.map((uuid) => {
      ended.add(uuid)
      return finishing.finish(uuid, (other) => {
        looks++
        return ended.has(other)
      })
    })
    expect(completions.indexOf(true)).toBe(order.length - 1)
    expect(looks).toBeLessThanOrEqual(2 * uuids.length)
  }
})

test('a map that forgets holds no more than about twice what lives', async () => {
  const clock = new VirtualClock()
  const map = new ExpiringMap<{ life: { expiresAt: number } }>(clock)
  let most = 0
  for (let index = 0; index < 20_000; index++) {
    if (index % 100 === 0) await clock.advance(100)
    map.set(`k${index}`, { life: { expiresAt: clock.now() + 1_000 } })
    most = Math.max(most, map.size)
  }
  // 1,000 entries live at a time.
  expect(most).toBeLessThan(3_000)
})
