import type { GroupRecord } from '@machinery/core/adapter'
import { startProxy, startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { AmqpBackend } from '../src/index.js'
import { memberOf, newGroup, stateOf } from './fixtures.js'

const hourMs = 3_600_000

describeWithServer('rabbitmq-server', 'AmqpBackend and the claims of chords', () => {
  let server: TestRabbitMq
  const opened: AmqpBackend[] = []
  beforeAll(async () => {
    server = await startRabbitMq()
  }, 60_000)
  afterAll(() => server.stop())
  afterEach(() => Promise.all(opened.splice(0).map((backend) => backend.close())))

  function open(url = server.url): AmqpBackend {
    const backend = new AmqpBackend({ url })
    opened.push(backend)
    return backend
  }
  async function create(backend: AmqpBackend): Promise<GroupRecord> {
    const group = newGroup(1)
    await backend.createGroup(group, hourMs)
    return group
  }

  test('a claim whose confirmation was lost belongs to its owner at once, and to nobody else', {
    timeout: 30_000,
  }, async () => {
    const proxy = await startProxy({ target: server })
    const backend = open(`amqp://127.0.0.1:${proxy.port}`)
    const { groupUuid } = await create(backend)
    proxy.dropNextReply('owner-one')
    await expect(backend.claimChord(groupUuid, { owner: 'owner-one', leaseMs: 60_000 })).rejects.toThrow(/confirm/)
    expect(proxy.dropped).toBe(1)
    expect(await open().claimChord(groupUuid, { owner: 'owner-two', leaseMs: 60_000 })).toBe('held')
    expect(await backend.claimChord(groupUuid, { owner: 'owner-three', leaseMs: 60_000 })).toBe('held')
    expect(await backend.claimChord(groupUuid, { owner: 'owner-one', leaseMs: 60_000 })).toBe('claimed')
    expect(await open().claimChord(groupUuid, { owner: 'owner-two', leaseMs: 60_000 })).toBe('held')
    await proxy.stop()
  })

  test('a chord that was sent leaves no queue for claims, and is never claimed again', {
    timeout: 30_000,
  }, async () => {
    const [one, two] = [open(), open()]
    const group = await create(one)
    const [uuid] = group.taskUuids as [string]
    const { groupUuid } = group
    await one.saveStates([
      { state: stateOf(uuid, 'SUCCESS'), expiresInMs: hourMs, group: { uuid: groupUuid, taskCount: 1 } },
    ])
    expect(await one.finishMembers([memberOf(group, uuid)])).toEqual([{ status: 'ok', complete: true }])
    expect(await one.claimChord(groupUuid, { owner: 'one', leaseMs: 60_000 })).toBe('claimed')
    expect(await two.claimChord(groupUuid, { owner: 'two', leaseMs: 60_000 })).toBe('held')
    await one.markChordSent(groupUuid)
    for (const [backend, owner] of [
      [two, 'two'],
      [one, 'one'],
      [one, 'another'],
    ] as const) {
      expect(await backend.claimChord(groupUuid, { owner, leaseMs: 60_000 })).toBe('sent')
    }
    expect(await queuesOf(groupUuid)).toEqual([
      groupUuid,
      `${groupUuid}.ts.record`,
      `${groupUuid}.ts.sent`,
      `${groupUuid}_chord_triggered`,
    ])
  })

  test('a group is known however often it is read, where quorum queues are the default', {
    timeout: 30_000,
  }, async () => {
    const backend = open()
    // Older servers know no such default.
    if ((await majorVersion()) >= 4) await server.ctl('update_vhost_metadata', '/', '--default-queue-type', 'quorum')
    const group = await create(backend)
    for (let read = 0; read < 30; read++) expect(await backend.readGroup(group.groupUuid)).toEqual(group)
    expect(await backend.claimChord(group.groupUuid, { owner: 'one', leaseMs: 60_000 })).toBe('claimed')
    await backend.markChordSent(group.groupUuid)
    const kinds = await list('name', 'type')
    const ofGroup = kinds.filter(([name]) => name?.startsWith(group.groupUuid))
    expect(ofGroup.length).toBeGreaterThanOrEqual(3)
    expect(new Set(ofGroup.map(([, type]) => type))).toEqual(new Set(['classic']))
  })

  async function list(...columns: string[]): Promise<string[][]> {
    const text = await server.ctl('-q', '--formatter', 'json', 'list_queues', ...columns)
    return (JSON.parse(text) as Record<string, string>[]).map((row) => columns.map((column) => row[column] as string))
  }
  async function queuesOf(groupUuid: string): Promise<readonly string[]> {
    const names = (await list('name')).map(([name]) => name as string)
    return names.filter((name) => name.startsWith(groupUuid)).sort()
  }
  async function majorVersion(): Promise<number> {
    const text = await server.ctl('-q', 'eval', 'rabbit_misc:version().')
    return Number(/(\d+)\./.exec(text)?.[1])
  }
})
