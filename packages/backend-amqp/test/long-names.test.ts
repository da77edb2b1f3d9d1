import { isMachineryError, newSignature, resolveConfig, Server, silentLogger } from '@machinery/core'
import { MemoryBroker, MemoryLock } from '@machinery/core/memory'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AmqpBackend } from '../src/index.js'
import { memberOf, newGroup, newTask, stateOf } from './fixtures.js'

const tooLong = 'x'.repeat(256)
const write = (uuid: string) => ({ state: stateOf(uuid, 'SUCCESS'), expiresInMs: 60_000 })

function isInvalid(error: unknown): boolean {
  return isMachineryError(error, 'MACHINERY_INVALID_ARGUMENT')
}

describeWithServer('rabbitmq', 'a UUID that is too long for the name of a queue', (url) => {
  let backend: AmqpBackend
  beforeEach(() => {
    backend = new AmqpBackend({ url })
  })
  afterEach(() => backend.close())

  test('costs the other states of a batch nothing', async () => {
    const start = performance.now()
    const tasks = Array.from({ length: 8 }, newTask)
    const saved = await backend.saveStates([write(tooLong), ...tasks.map(write)])
    expect(saved.map(({ status }) => status)).toEqual(['rejected', ...tasks.map(() => 'stored')])
    expect(saved[0] && 'error' in saved[0] && isInvalid(saved[0].error)).toBe(true)
    const read = await backend.readStates([tooLong, ...tasks])
    expect(read.map((state) => state?.taskUuid)).toEqual([undefined, ...tasks])
    expect(performance.now() - start).toBeLessThan(2_000)
  })

  test('costs the other groups of a batch nothing, and is refused for a new group', async () => {
    const group = newGroup(1)
    const bad = { ...newGroup(1), groupUuid: tooLong }
    await backend.createGroup(group, 60_000)
    await backend.saveStates([
      { ...write(group.taskUuids[0] as string), group: { uuid: group.groupUuid, taskCount: 1 } },
    ])
    const finished = await backend.finishMembers(
      [bad, group].map((each) => memberOf(each, each.taskUuids[0] as string)),
    )
    expect(finished.map(({ status }) => status)).toEqual(['rejected', 'ok'])
    // Long enough for the record, and too long for the mark of the callback.
    for (const groupUuid of [tooLong, 'x'.repeat(244)]) {
      await expect(backend.createGroup({ ...bad, groupUuid }, 60_000)).rejects.toSatisfy(isInvalid)
    }
  })

  test('stops no worker', { timeout: 20_000 }, async () => {
    const broker = new MemoryBroker()
    const config = { ...resolveConfig({ defaultQueue: 'q', noUnixSignals: true }), logger: silentLogger }
    await using server = new Server(config, broker, backend, new MemoryLock())
    server.registerTask('add', (one: number, other: number) => one + other)
    void server.newWorker('w', { concurrency: 2 }).launch()
    const body = JSON.stringify({ UUID: tooLong, Name: 'add', RoutingKey: 'q', Args: [] })
    await broker.publish([{ routingKey: 'q', body: Buffer.from(body) }])
    const args = [1, 2].map((value) => ({ type: 'int64', value }))
    const addAndLook = async (): Promise<boolean> => {
      expect(await (await server.sendTask(newSignature('add', args))).get({ timeout: '5s' })).toBe(3)
      return (await broker.countMessages('q')).dead === 1
    }
    // That others are stored tells the worker that it is not the backend which is away.
    await vi.waitUntil(addAndLook, { timeout: 12_000, interval: 100 })
  })
})
