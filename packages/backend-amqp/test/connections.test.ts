import { type FaultProxy, startProxy } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { connect } from 'amqplib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AmqpBackend } from '../src/index.js'
import { memberOf, newGroup, newTask, stateOf } from './fixtures.js'

describeWithServer('rabbitmq', 'AmqpBackend', (url) => {
  let proxy: FaultProxy
  const backends: AmqpBackend[] = []
  const open = (options: ConstructorParameters<typeof AmqpBackend>[0] = {}): AmqpBackend => {
    const target = new URL(url)
    target.host = `127.0.0.1:${proxy.port}`
    const backend = new AmqpBackend({ ...(options.connection ? {} : { url: target.href }), ...options })
    backends.push(backend)
    return backend
  }
  beforeEach(async () => {
    const { hostname, port } = new URL(url)
    proxy = await startProxy({ target: { host: hostname, port: Number(port || 5672) } })
  })
  afterEach(async () => {
    await Promise.all(backends.splice(0).map((backend) => backend.close()))
    await proxy.stop()
  })

  test('has two connections for all it does, where Go opens one each time', async () => {
    const backend = open()
    let most = 0
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        const group = newGroup(2)
        await backend.createGroup(group, 60_000)
        for (const uuid of group.taskUuids) {
          const ofGroup = { uuid: group.groupUuid, taskCount: 2 }
          await backend.saveStates([{ state: stateOf(uuid, 'SUCCESS'), expiresInMs: 3_600_000, group: ofGroup }])
          await backend.finishMembers([memberOf(group, uuid)])
        }
        expect(await backend.claimChord(group.groupUuid, { owner: 'a', leaseMs: 60_000 })).toBe('claimed')
        await backend.readGroup(group.groupUuid)
        expect(await backend.readStates(group.taskUuids)).toHaveLength(2)
        await backend.deleteGroup(group.groupUuid)
        await backend.deleteStates(group.taskUuids)
        most = Math.max(most, proxy.connections)
      }),
    )
    expect(most).toBe(2)
    await backend.close()
    expect(proxy.connections).toBe(0)
  })

  test('uses one that it was given, and leaves it open', async () => {
    const connection = await connect(url)
    const backend = open({ connection })
    const task = newTask()
    const write = { state: stateOf(task, 'SUCCESS', 5), expiresInMs: 60_000 }
    expect(await backend.saveStates([write])).toEqual([{ status: 'stored' }])
    expect((await backend.readStates([task]))[0]?.results?.[0]?.value).toBe(5)
    await backend.close()
    expect(proxy.connections).toBe(0)
    await (await connection.createChannel()).close()
    await connection.close()
  })

  test('gives a result to one of several who ask at once, in whatever process, and keeps nothing of it', async () => {
    const [writer, ...readers] = [open(), open(), open(), open()]
    const task = newTask()
    for (let round = 0; round < 5; round++) {
      await writer?.saveStates([{ state: stateOf(task, 'STARTED'), expiresInMs: 60_000 }])
      await writer?.saveStates([{ state: stateOf(task, 'SUCCESS', round), expiresInMs: 60_000 }])
      const read = await Promise.all(readers.map((reader) => reader.readStates([task])))
      const ends = read.flat().filter((state) => state?.state === 'SUCCESS')
      expect(ends.map((state) => state?.results?.[0]?.value)).toEqual([round])
      expect(await Promise.all(readers.map((reader) => reader.readStates([task])))).toEqual(
        readers.map(() => [undefined]),
      )
    }
  })
})
