import { encodeTaskState } from '@machinery/core/adapter'
import { startProxy } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, expect, test, vi } from 'vitest'
import { hourMs, useBench, writeOf } from './bench.js'
import { GoWorker } from './go-worker.js'
import { goStates } from './golden.js'

describeWithServer('redis-server', 'states', () => {
  const bench = useBench()

  describe('beside Go', () => {
    test.each(goStates)('reads what Go stored and stores it byte for byte: %s', async (text) => {
      const { TaskUUID: uuid } = JSON.parse(text)
      await bench.admin.set(uuid, text)
      const backend = bench.open()
      const [state] = await backend.readStates([uuid])
      await backend.deleteStates([uuid])
      expect(await bench.admin.exists(uuid)).toBe(0)
      if (state === undefined) throw new Error('Nothing was read.')
      await backend.saveStates([{ state, expiresInMs: 1_000 }])
      expect(await bench.admin.get(uuid)).toBe(text)
    })

    test('gives every write its own life', async () => {
      const backend = bench.open()
      const lives: number[] = []
      for (const [state, expiresInMs] of [
        ['PENDING', 9e6],
        ['RECEIVED', 5e6],
        ['STARTED', 7e6],
        ['SUCCESS', 6e6],
      ] as const) {
        expect(await backend.saveStates([writeOf('t', state, { expiresInMs })])).toEqual([{ status: 'stored' }])
        lives.push(Math.round((await bench.admin.pttl('t')) / 1e6))
        expect(JSON.parse((await bench.admin.get('t')) ?? '').CreatedAt).toBe('2030-01-02T03:04:05.678901234Z')
      }
      expect(lives).toEqual([9, 5, 7, 6])
    })

    test('does not go back behind what a worker in Go wrote, and goes on after it', async () => {
      const backend = bench.open()
      const go = new GoWorker(bench.admin)
      await go.setState('t', 'STARTED')
      const [kept] = await backend.saveStates([writeOf('t', 'RECEIVED')])
      expect(kept).toMatchObject({ status: 'kept', state: { state: 'STARTED', taskName: 'add' } })
      expect(await backend.saveStates([writeOf('t', 'FAILURE')])).toEqual([{ status: 'stored' }])
      await go.setState('u', 'SUCCESS', 7)
      const [ended] = await backend.saveStates([writeOf('u', 'FAILURE')])
      expect(ended).toMatchObject({
        status: 'kept',
        state: { state: 'SUCCESS', results: [{ type: 'int64', value: 7 }] },
      })
    })
  })

  test('is not misled by texts that look like a state, also in long records', async () => {
    const backend = bench.open()
    for (const taskName of ['"State":"SUCCESS"', `"State":"SUCCESS"${'x'.repeat(600)}`, '\\"State":"FAILURE"\\']) {
      const write = writeOf(`t ${taskName}`, 'STARTED')
      const state = { ...write.state, taskName }
      await backend.saveStates([{ ...write, state }])
      expect(await backend.saveStates([{ ...write, state: { ...state, state: 'RECEIVED' } }])).toEqual([
        { status: 'kept', state },
      ])
      expect(await backend.saveStates([{ ...write, state: { ...state, state: 'FAILURE' } }])).toEqual([
        { status: 'stored' },
      ])
      expect((await backend.readStates([state.taskUuid]))[0]).toEqual({ ...state, state: 'FAILURE' })
    }
  })

  test('stores a large batch with one command', async () => {
    const backend = bench.open()
    await backend.saveStates([writeOf('first', 'PENDING')])
    const writes = Array.from({ length: 1_000 }, (_, i) => writeOf(`t${i}`, 'SUCCESS'))
    const counts = await bench.countCommands(() => backend.saveStates(writes))
    expect(counts.get('evalsha')).toBe(1)
    expect(counts.get('set')).toBe(1_000)
    const reads = await bench.countCommands(() => backend.readStates(writes.map(({ state }) => state.taskUuid)))
    expect(reads.get('mget')).toBe(1)
  })

  test.each([
    ['alike but for their UUIDs', ['a', 'task_1', 'b:2']],
    ['whose UUIDs have characters that JSON escapes', ['a', 'quo"ted', '<b>', 'line\nend', 'ü']],
  ])('stores states %s, together and apart, byte for byte as Go', async (_, uuids) => {
    const backend = bench.open()
    const writes = uuids.map((uuid) => writeOf(uuid, 'PENDING'))
    await backend.saveStates(writes)
    const expected = writes.map(({ state }) => encodeTaskState(state))
    expect(await bench.admin.mget(uuids)).toEqual(expected)
    await backend.deleteStates(uuids)
    for (const write of writes) await backend.saveStates([write])
    expect(await bench.admin.mget(uuids)).toEqual(expected)
  })

  test('keeps apart what differs in states that are stored together', async () => {
    const backend = bench.open()
    const base = writeOf('', 'FAILURE').state
    const states = [
      { ...base, taskUuid: 'name', taskName: 'other' },
      { ...base, taskUuid: 'error', error: 'other' },
      { ...base, taskUuid: 'time', createdAt: '2031-01-01T00:00:00Z' },
      { ...base, taskUuid: 'results', results: [] },
    ]
    for (const state of states) {
      const plain = { ...base, taskUuid: 'plain' }
      for (const pair of [
        [plain, state],
        [state, plain],
      ]) {
        await backend.saveStates(pair.map((each) => ({ state: each, expiresInMs: hourMs })))
        expect(await backend.readStates(pair.map(({ taskUuid }) => taskUuid))).toEqual(pair)
        await backend.deleteStates(pair.map(({ taskUuid }) => taskUuid))
      }
    }
  })

  test('refuses a key that holds something else, says which, and stores the others', async () => {
    await bench.admin.rpush('machinery_tasks', 'a task')
    const backend = bench.open()
    const answers = await backend.saveStates(['a', 'machinery_tasks', 'b'].map((uuid) => writeOf(uuid, 'SUCCESS')))
    expect(answers.map(({ status }) => status)).toEqual(['stored', 'rejected', 'stored'])
    expect(String(answers[1] && 'error' in answers[1] && answers[1].error)).toMatch(/task machinery_tasks .*WRONGTYPE/)
    expect(await bench.admin.llen('machinery_tasks')).toBe(1)
    expect((await backend.readStates(['a', 'machinery_tasks', 'b'])).map((state) => state?.state)).toEqual([
      'SUCCESS',
      undefined,
      'SUCCESS',
    ])
  })

  test('reads nothing where a record is no state, and the others all the same', async () => {
    await bench.admin.set('broken', '{"TaskUUID":"brok')
    await bench.admin.set('page', '<html>')
    const backend = bench.open()
    await backend.saveStates([writeOf('good', 'SUCCESS')])
    const states = await backend.readStates(['broken', 'good', 'page'])
    expect(states.map((state) => state?.taskUuid)).toEqual([undefined, 'good', undefined])
  })

  test('refuses a state that cannot be written, and stores the others', async () => {
    const bad = writeOf('bad', 'SUCCESS')
    const state = { ...bad.state, results: [{ type: 'float64', value: Number.NaN }] }
    const answers = await bench.open().saveStates([{ ...bad, state }, writeOf('good', 'SUCCESS')])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'stored'])
  })

  test('answers rejected when the server refuses writes, and stores nothing', async () => {
    const backend = bench.open()
    await backend.saveStates([writeOf('before', 'PENDING')])
    await bench.admin.config('SET', 'maxmemory', '1')
    try {
      const answers = await backend.saveStates([writeOf('a', 'SUCCESS'), writeOf('b', 'SUCCESS')])
      expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      expect(String(answers[0] && 'error' in answers[0] && answers[0].error)).toContain('OOM')
      expect(await bench.admin.exists('a', 'b')).toBe(0)
    } finally {
      await bench.admin.config('SET', 'maxmemory', '0')
    }
  })

  test('answers rejected while there is no server', async () => {
    await using proxy = await startProxy({ target: bench.server })
    await proxy.refuse(true)
    const backend = bench.open({ port: proxy.port, connectTimeoutMs: 200 })
    expect(await backend.saveStates([writeOf('t', 'SUCCESS')])).toMatchObject([{ status: 'rejected' }])
  })

  test('answers indeterminate when an answer was lost, and kept when the write is repeated', async () => {
    await using proxy = await startProxy({ target: bench.server })
    const backend = bench.open({ port: proxy.port })
    await backend.saveStates([writeOf('warm', 'PENDING')])
    proxy.dropNextReply('lost-reply')
    expect(await backend.saveStates([writeOf('lost-reply', 'SUCCESS')])).toMatchObject([{ status: 'indeterminate' }])
    const [again] = await backend.saveStates([writeOf('lost-reply', 'SUCCESS')])
    expect(again).toEqual({ status: 'kept', state: writeOf('lost-reply', 'SUCCESS').state })
  })

  test('answers indeterminate within its deadline when the link is frozen, and goes on afterwards', async () => {
    await using proxy = await startProxy({ target: bench.server })
    const backend = bench.open({ port: proxy.port, commandTimeoutMs: 300 })
    await backend.saveStates([writeOf('t', 'PENDING')])
    proxy.freeze(true)
    const start = performance.now()
    expect(await backend.saveStates([writeOf('t', 'SUCCESS')])).toMatchObject([{ status: 'indeterminate' }])
    expect(performance.now() - start).toBeLessThan(1_500)
    proxy.freeze(false)
    await vi.waitFor(async () => expect((await backend.readStates(['t']))[0]).toBeDefined(), 10_000)
  })

  test('announces the results of a batch with one message for each who waits, and nothing that was kept', async () => {
    const backend = bench.open()
    const waiters = [bench.open(), bench.open()]
    const heard: string[][] = []
    for (const waiter of waiters) await waiter.onResults((uuids) => heard.push([...uuids]))
    await backend.saveStates([writeOf('old', 'FAILURE')])
    const [one, two] = waiters.map(({ replyAddress: replyTo }) => ({ replyTo }))
    await bench
      .countCommands(async () => {
        await backend.saveStates([
          writeOf('a"\n', 'SUCCESS', one),
          writeOf('b', 'FAILURE', two),
          writeOf('c', 'SUCCESS', one),
          writeOf('d', 'STARTED', one),
          writeOf('old', 'SUCCESS', one),
        ])
      })
      .then((counts) => expect(counts.get('publish')).toBe(2))
    await vi.waitFor(() => expect(heard).toHaveLength(2))
    expect(heard).toEqual(expect.arrayContaining([['a"\n', 'c'], ['b']]))
  })

  test('minds no stranger on its channel', async () => {
    const backend = bench.open()
    const heard: string[][] = []
    await backend.onResults((uuids) => heard.push([...uuids]))
    for (const message of ['nonsense', '{}', 'null', '[1, "t"]'])
      await bench.admin.publish(backend.replyAddress, message)
    await vi.waitFor(() => expect(heard).toEqual([['t']]))
  })
})
