import { randomUUID } from 'node:crypto'
import type { FinishedMember, GroupRecord, StateWrite, TaskStateName } from '@machinery/core/adapter'
import { startRedis, type TestServer } from '@machinery-internal/test-servers'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { RedisBackend, type RedisBackendOptions } from '../src/index.js'

export const hourMs = 3_600_000

/** A server of the tests' own, an empty database for each, and backends that are closed afterwards. */
export interface Bench {
  readonly server: TestServer
  readonly admin: Redis
  open(options?: RedisBackendOptions): RedisBackend
  /** How often the server ran commands, by name, those of scripts included. */
  countCommands(act: () => Promise<unknown>): Promise<ReadonlyMap<string, number>>
}

export function useBench(): Bench {
  // A client comes back within 7 s after a cut, mostly at once.
  vi.setConfig({ testTimeout: 20_000 })
  let server: TestServer
  let admin: Redis
  const backends: RedisBackend[] = []
  beforeAll(async () => {
    server = await startRedis()
    admin = new Redis(server.port, '127.0.0.1')
  })
  afterEach(async () => {
    await Promise.all(backends.splice(0).map((backend) => backend.close()))
    await admin.flushall()
  })
  afterAll(async () => {
    admin.disconnect()
    await server.stop()
  })
  return {
    get server() {
      return server
    },
    get admin() {
      return admin
    },
    open: (options = {}) => {
      const backend = new RedisBackend({ host: '127.0.0.1', port: server.port, ...options })
      backends.push(backend)
      return backend
    },
    countCommands: async (act) => {
      await admin.config('RESETSTAT')
      await act()
      const lines = (await admin.info('commandstats')).matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)
      return new Map([...lines].map(([, name, calls]) => [name as string, Number(calls)]))
    },
  }
}

export function writeOf(taskUuid: string, state: TaskStateName, more: Partial<StateWrite> = {}): StateWrite {
  return {
    state: {
      taskUuid,
      taskName: 'add',
      state,
      results: state === 'SUCCESS' ? [{ type: 'int64', value: 2 }] : null,
      error: state === 'FAILURE' ? 'boom' : '',
      createdAt: '2030-01-02T03:04:05.678901234Z',
    },
    expiresInMs: hourMs,
    ...more,
  }
}

export function groupOf(
  taskUuids: readonly string[] | number,
  createdAt: string = '2030-01-02T03:04:05Z',
): GroupRecord {
  const members =
    typeof taskUuids === 'number' ? Array.from({ length: taskUuids }, () => `task_${randomUUID()}`) : taskUuids
  return { groupUuid: `group_${randomUUID()}`, taskUuids: members, chordTriggered: false, createdAt }
}

export function memberOf(group: GroupRecord, taskUuid: string, expiresInMs: number = hourMs): FinishedMember {
  return { groupUuid: group.groupUuid, taskUuid, taskCount: group.taskUuids.length, expiresInMs }
}

/** Stores SUCCESS and notes it, as a worker does. Whether the group is complete. */
export async function end(backend: RedisBackend, group: GroupRecord, taskUuid: string): Promise<boolean> {
  await backend.saveStates([writeOf(taskUuid, 'SUCCESS')])
  const [answer] = await backend.finishMembers([memberOf(group, taskUuid)])
  if (answer?.status !== 'ok') throw new Error(`finishMembers() answered ${answer?.status}.`)
  return answer.complete
}
