import {
  isMachineryError,
  newChord,
  newSignature,
  newGroup as newSignatureGroup,
  resolveConfig,
  Server,
  silentLogger,
} from '@machinery/core'
import type { GroupRecord, TaskState } from '@machinery/core/adapter'
import { MemoryBroker, MemoryLock } from '@machinery/core/memory'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { explainRefusedKind } from '../src/go-queue.js'
import { AmqpBackend, type AmqpBackendOptions, amqpBackendOptionsFrom } from '../src/index.js'
import { GoBackend, memberOf, newGroup, newTask, stateOf } from './fixtures.js'

describeWithServer('rabbitmq', 'AmqpBackend beside Go', (url) => {
  let go: GoBackend
  const opened: AmqpBackend[] = []
  const open = (options: AmqpBackendOptions = {}): AmqpBackend => {
    const backend = new AmqpBackend({ url, ...options })
    opened.push(backend)
    return backend
  }
  beforeAll(async () => {
    go = await GoBackend.open(url)
  })
  afterAll(() => go.close())
  afterEach(() => Promise.all(opened.splice(0).map((backend) => backend.close())))

  async function save(backend: AmqpBackend, states: readonly TaskState[], group?: GroupRecord): Promise<void> {
    const more = group && { group: { uuid: group.groupUuid, taskCount: group.taskUuids.length } }
    const saved = await backend.saveStates(states.map((state) => ({ state, expiresInMs: 3_600_000, ...more })))
    expect(saved).toEqual(states.map(() => ({ status: 'stored' })))
  }

  async function finish(backend: AmqpBackend, group: GroupRecord, ...uuids: string[]): Promise<boolean> {
    const answers = await backend.finishMembers(uuids.map((uuid) => memberOf(group, uuid)))
    for (const answer of answers) expect(answer.status).toBe('ok')
    return answers.every((answer) => answer.status === 'ok' && answer.complete)
  }

  describe('states', () => {
    test("are messages of a queue that Go declares in the same way, in Go's order", async () => {
      const task = newTask()
      await save(
        open(),
        (['PENDING', 'RECEIVED', 'STARTED', 'SUCCESS'] as const).map((name) => stateOf(task, name)),
      )
      expect(await go.count(task)).toBe(4)
      for (const name of ['PENDING', 'RECEIVED', 'STARTED', 'SUCCESS']) expect(await go.read(task)).toBe(name)
      expect(await go.read(task)).toBeUndefined()
    })

    test('live as long as the configuration says, in queues and nowhere else', async () => {
      const backend = open({ resultsExpireIn: 7_200 })
      const task = newTask()
      await save(backend, [stateOf(task, 'PENDING')])
      const other = await GoBackend.open(url, 7_200_000)
      await other.declare(task)
      await expect(go.declare(task)).rejects.toThrow('PRECONDITION')
      await other.close()
    })

    test('of a task that Go ran are read, and the queue goes with the terminal one', async () => {
      const backend = open()
      const task = newTask()
      await go.publish(task, stateOf(task, 'PENDING'))
      await go.publish(task, stateOf(task, 'STARTED'))
      expect((await backend.readStates([task]))[0]?.state).toBe('STARTED')
      expect(await backend.readStates([task])).toEqual([undefined])
      await go.publish(task, stateOf(task, 'SUCCESS', 7))
      const [ended] = await backend.readStates([task, task])
      expect(ended?.results).toEqual([{ type: 'int64', value: 7 }])
      expect(await go.count(task)).toBeUndefined()
    })

    test('are stored again after a reader deleted the queue', async () => {
      const backend = open()
      const task = newTask()
      await save(backend, [stateOf(task, 'SUCCESS', 1)])
      await open().readStates([task])
      const again = { state: stateOf(task, 'SUCCESS', 2), expiresInMs: 3_600_000 }
      await vi.waitUntil(async () => (await backend.saveStates([again]))[0]?.status === 'stored')
      expect((await backend.readStates([task]))[0]?.results?.[0]?.value).toBe(2)
    })

    test('that cannot be written are rejected each on its own', async () => {
      const backend = open()
      const bad = { ...stateOf(newTask(), 'SUCCESS'), results: [{ type: 'float64', value: Number.NaN }] }
      const good = stateOf(newTask(), 'SUCCESS')
      const saved = await backend.saveStates([bad, good].map((state) => ({ state, expiresInMs: 1_000 })))
      expect(saved.map(({ status }) => status)).toEqual(['rejected', 'stored'])
    })

    test('that nobody reads are gone when their life is over', async () => {
      const task = newTask()
      await open().saveStates([{ state: stateOf(task, 'SUCCESS'), expiresInMs: 200 }])
      expect(await go.count(task)).toBe(1)
      await vi.waitUntil(async () => (await go.count(task)) === 0, 3_000)
    })
  })

  describe('chords', () => {
    test('count members, where Go counts messages', async () => {
      const backend = open()
      const group = newGroup(3)
      await backend.createGroup(group, 3_600_000)
      const [a, b, c] = group.taskUuids as [string, string, string]
      for (const uuid of [a, b, a, b, a]) {
        await save(backend, [stateOf(uuid, 'SUCCESS')], group)
        expect(await finish(backend, group, uuid)).toBe(false)
      }
      await save(backend, [stateOf(c, 'SUCCESS')], group)
      expect(await finish(backend, group, c)).toBe(true)
      // What came twice was taken out, so that Go's count is right too.
      expect(await go.count(group.groupUuid)).toBe(3)
    })

    test('give results in the order of the members, as often as their claimer asks', async () => {
      const backend = open()
      const group = newGroup(4)
      await backend.createGroup(group, 3_600_000)
      for (const [index, uuid] of [...group.taskUuids.entries()].reverse()) {
        await save(backend, [stateOf(uuid, 'SUCCESS', index)], group)
        await finish(backend, group, uuid)
      }
      // Somebody who waits for a member takes its result from the queue of the task, not from the group.
      await open().readStates([group.taskUuids[2] as string])
      expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 60_000 })).toBe('claimed')
      const read = await backend.readGroup(group.groupUuid)
      expect(read?.taskUuids).toEqual(group.taskUuids)
      for (const _ of [1, 2]) {
        const states = await backend.readStates(group.taskUuids)
        expect(states.map((state) => state?.results?.[0]?.value)).toEqual([0, 1, 2, 3])
      }
    })

    test('are taken over by another process after the lease, with all results', async () => {
      const [one, two] = [open(), open()]
      const group = newGroup(2)
      const [a, b] = group.taskUuids as [string, string]
      await one.createGroup(group, 3_600_000)
      await save(one, [stateOf(a, 'SUCCESS', 1), stateOf(b, 'SUCCESS', 2)], group)
      expect(await finish(one, group, a, b)).toBe(true)
      expect(await one.claimChord(group.groupUuid, { owner: 'one', leaseMs: 300 })).toBe('claimed')
      await one.close()
      expect(await finish(two, group, b)).toBe(true)
      await vi.waitUntil(
        async () => (await two.claimChord(group.groupUuid, { owner: 'two', leaseMs: 60_000 })) === 'claimed',
        { timeout: 3_000, interval: 20 },
      )
      await two.readGroup(group.groupUuid)
      expect((await two.readStates([a, b])).map((state) => state?.results?.[0]?.value)).toEqual([1, 2])
    })

    test('that are claimed are marked for Go, which then stands back', async () => {
      const backend = open()
      const group = newGroup(1)
      const marker = `${group.groupUuid}_chord_triggered`
      await backend.createGroup(group, 3_600_000)
      await save(backend, [stateOf(group.taskUuids[0] as string, 'SUCCESS')], group)
      expect(await go.count(marker)).toBeUndefined()
      await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 60_000 })
      expect(await go.count(marker)).toBe(0)
      await backend.markChordSent(group.groupUuid)
      expect(await go.count(marker)).toBe(0)
      await backend.deleteGroup(group.groupUuid)
      expect(await go.count(marker)).toBeUndefined()
      expect(await go.count(group.groupUuid)).toBeUndefined()
    })

    test('that a producer in Go sent are completed too, though it stores no record', async () => {
      const backend = open()
      const group = newGroup(3)
      const [a, b, c] = group.taskUuids as [string, string, string]
      await go.publish(group.groupUuid, stateOf(b, 'SUCCESS', 2))
      await save(backend, [stateOf(a, 'SUCCESS', 1)], group)
      expect(await finish(backend, group, a)).toBe(false)
      await save(backend, [stateOf(c, 'SUCCESS', 3)], group)
      expect(await finish(backend, group, c)).toBe(true)
      expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 60_000 })).toBe('claimed')
      expect((await backend.readGroup(group.groupUuid))?.taskUuids.toSorted()).toEqual([a, b, c].toSorted())
      expect((await backend.readStates([a, b, c])).map((state) => state?.results?.[0]?.value)).toEqual([1, 2, 3])
    })

    test('whose record is over are missing, not incomplete for ever', async () => {
      const backend = open()
      const group = newGroup(2)
      await backend.createGroup(group, 150)
      const uuid = group.taskUuids[0] as string
      await save(backend, [stateOf(uuid, 'SUCCESS')], group)
      await vi.waitUntil(async () => (await go.count(`${group.groupUuid}.ts.record`)) === 0, 3_000)
      expect(await backend.finishMembers([memberOf(group, uuid)])).toEqual([{ status: 'missing' }])
      expect(await backend.readGroup(group.groupUuid)).toBeUndefined()
    })

    test('that take long keep the states of members that ended early', async () => {
      const backend = open()
      const group = { ...newGroup(2), createdAt: '2020-01-02T03:04:05Z' }
      const [early, late] = group.taskUuids as [string, string]
      await open().createGroup(group, 3_600_000)
      const ofGroup = { uuid: group.groupUuid, taskCount: 2 }
      await backend.saveStates([{ state: stateOf(early, 'SUCCESS'), expiresInMs: 600, group: ofGroup }])
      const written = performance.now()
      expect(await finish(backend, group, early)).toBe(false)
      await vi.waitUntil(() => performance.now() > written + 900, 2_000)
      await save(backend, [stateOf(late, 'SUCCESS')], group)
      expect(await finish(backend, group, late)).toBe(true)
    })

    test('whose members end at once in four processes, some twice, are told complete to one of them at least', {
      timeout: 30_000,
    }, async () => {
      const backends = [open(), open(), open(), open()]
      for (let round = 0; round < 10; round++) {
        const group = newGroup(3 + round)
        await backends[0]?.createGroup(group, 3_600_000)
        const ending = group.taskUuids.flatMap((uuid, index) => (index % 3 === 0 ? [uuid, uuid] : [uuid]))
        const told = await Promise.all(
          ending.map(async (uuid, index) => {
            const backend = backends[index % 4] as AmqpBackend
            await save(backend, [stateOf(uuid, 'SUCCESS')], group)
            return finish(backend, group, uuid)
          }),
        )
        expect(told).toContain(true)
      }
    })
  })

  test('a server runs tasks, chains and chords with it', { timeout: 20_000 }, async () => {
    const backend = open()
    await using server = new Server(
      { ...resolveConfig({ defaultQueue: 'any', noUnixSignals: true }), logger: silentLogger },
      new MemoryBroker(),
      backend,
      new MemoryLock(),
    )
    const totals: number[] = []
    server.registerTasks({
      add: (...numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0),
      total: (...numbers: number[]) => {
        totals.push(...numbers)
        return totals.length
      },
    })
    await using worker = server.newWorker('worker', { concurrency: 5 })
    void worker.launch()
    const args = (...values: number[]) => values.map((value) => ({ type: 'int64', value }))
    expect(await (await server.sendTask(newSignature('add', args(1, 2)))).get({ timeout: '5s' })).toBe(3)
    const members = [1, 2, 3, 4].map((n) => newSignature('add', args(n, n)))
    await server.sendChord(newChord(newSignatureGroup(...members), newSignature('total', [])))
    await vi.waitUntil(() => totals.length > 0, 10_000)
    expect(totals).toEqual([2, 4, 6, 8])
  })
})

describe('options', () => {
  test('are those of Machinery, and declare what can be promised', () => {
    const backend = new AmqpBackend(amqpBackendOptionsFrom(resolveConfig({ resultBackend: 'amqp://guest@localhost' })))
    expect(backend.capabilities).toEqual({
      reads: 'once',
      keepsHistory: true,
      chords: 'best-effort',
      maxRecordBytes: 16_777_216,
    })
    expect(() => amqpBackendOptionsFrom(resolveConfig({ resultBackend: 'redis://localhost:6379' }))).toThrow(
      'is not RabbitMQ',
    )
  })

  test.each([0, 1.5, 315_360_001])('resultsExpireIn of %d is refused', (resultsExpireIn) => {
    expect(() => new AmqpBackend({ resultsExpireIn })).toThrow(`got ${resultsExpireIn}`)
  })

  test('a server without such queues is explained', () => {
    const refusal = new Error(
      'Connection closed: 541 (INTERNAL-ERROR) with message "INTERNAL_ERROR - Feature `transient_nonexcl_queues` is deprecated.',
    )
    const explained = explainRefusedKind(new Error('The connection ended.', { cause: refusal }))
    expect(isMachineryError(explained, 'MACHINERY_UNSUPPORTED')).toBe(true)
    expect(String(explained)).toContain('deprecated_features.permit.transient_nonexcl_queues = true')
    expect(explainRefusedKind(refusal)).not.toBe(refusal)
    const other = new Error('something else')
    expect(explainRefusedKind(other)).toBe(other)
  })
})
