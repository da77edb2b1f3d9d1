import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type {
  Backend,
  FinishedMember,
  GroupRecord,
  MemberFinished,
  StateSaved,
  StateWrite,
  TaskResult,
  TaskState,
  TaskStateName,
} from '@machinery/core/adapter'
import { type Bench, skipUnless } from '../case.js'
import { promptly, resolveTiming, type Timing } from '../timing.js'
import type { BackendKitOptions } from './options.js'

/** Long enough for every test. */
export const hourMs = 3_600_000

/** What a backend case works with: one backend, fresh UUIDs, and ways to use them that never hang. */
export class BackendBench implements Bench {
  readonly options: BackendKitOptions
  readonly timing: Timing
  readonly backend: Backend
  readonly queue: string = `conformance-${randomUUID()}`
  readonly #backends: Backend[] = []

  static async open(options: BackendKitOptions): Promise<BackendBench> {
    return new BackendBench(options, await promptly(options.create(), resolveTiming(options).patienceMs, 'create()'))
  }

  private constructor(options: BackendKitOptions, backend: Backend) {
    this.options = options
    this.timing = resolveTiming(options)
    this.backend = backend
    this.#backends.push(backend)
  }

  get adapter(): Backend {
    return this.backend
  }

  /** Another client of the same server. */
  async openBackend(): Promise<Backend> {
    const backend = await this.promptly(this.options.create(), 'create()')
    this.#backends.push(backend)
    return backend
  }

  needsReads(): void {
    skipUnless(this.backend.capabilities.reads === 'many', `reads is '${this.backend.capabilities.reads}'`)
  }

  needsChords(): void {
    skipUnless(this.backend.capabilities.chords !== 'never', "chords is 'never'")
  }

  save(writes: readonly StateWrite[], backend: Backend = this.backend): Promise<readonly StateSaved[]> {
    return this.promptly(backend.saveStates(writes), 'saveStates()')
  }

  /** Saves, and expects each to be stored. */
  async store(states: readonly TaskState[], more: Partial<StateWrite> = {}): Promise<void> {
    const saved = await this.save(states.map((state) => ({ state, expiresInMs: hourMs, ...more })))
    assert.deepEqual(
      saved.map((each) => each.status),
      states.map(() => 'stored'),
      'saveStates() must store what may follow.',
    )
  }

  async read(taskUuid: string, backend: Backend = this.backend): Promise<TaskState | undefined> {
    const states = await this.promptly(backend.readStates([taskUuid]), 'readStates()')
    assert.equal(states.length, 1, 'readStates() must answer once per UUID.')
    return states[0]
  }

  /** A group whose record is stored, of `count` members without states. */
  async group(count: number, expiresInMs: number = hourMs): Promise<GroupRecord> {
    const record = groupOf(count)
    await this.promptly(this.backend.createGroup(record, expiresInMs), 'createGroup()')
    return record
  }

  async finish(
    members: readonly FinishedMember[],
    backend: Backend = this.backend,
  ): Promise<readonly MemberFinished[]> {
    const answers = await this.promptly(backend.finishMembers(members), 'finishMembers()')
    assert.equal(answers.length, members.length, 'finishMembers() must answer once per member.')
    return answers.map(withoutStates)
  }

  /** Stores the member's SUCCESS and notes it. Whether the group is complete. */
  async end(group: GroupRecord, taskUuid: string, backend: Backend = this.backend): Promise<boolean> {
    const state = stateOf(taskUuid, 'SUCCESS', { results: [] })
    const [saved] = await this.save([{ state, expiresInMs: hourMs, group: groupOfWrite(group) }], backend)
    assert.ok(saved?.status === 'stored' || saved?.status === 'kept', `saveStates() answered ${saved?.status}.`)
    const [answer] = await this.finish([memberOf(group, taskUuid)], backend)
    assert.equal(answer?.status, 'ok', 'finishMembers() must answer ok for a group that is there.')
    return answer.status === 'ok' && answer.complete
  }

  promptly<T>(promise: PromiseLike<T> | T, what: string): Promise<T> {
    return promptly(promise, this.timing.patienceMs, what)
  }

  async cleanUp(): Promise<void> {
    await this.promptly(Promise.all(this.#backends.map((backend) => backend.close())), 'close() of the backend')
  }
}

/** They are an extra that a backend may give: a case of its own looks at them. */
function withoutStates(answer: MemberFinished): MemberFinished {
  return answer.status === 'ok' ? { status: 'ok', complete: answer.complete } : answer
}

export function taskUuid(): string {
  return `task_${randomUUID()}`
}

/** As core builds it. Times are in whole milliseconds, which every store keeps. */
export function stateOf(
  uuid: string,
  state: TaskStateName,
  more: { results?: readonly TaskResult[] | null; error?: string; taskName?: string } = {},
): TaskState {
  const results = state === 'SUCCESS' ? [{ type: 'int64', value: 2 }] : null
  const error = state === 'FAILURE' ? 'boom' : ''
  return { taskUuid: uuid, taskName: 'add', state, results, error, createdAt: '2030-01-02T03:04:05.678Z', ...more }
}

/** Compares all of a state; its time as an instant, since stores write it in their own way. */
export function assertSameState(actual: TaskState | undefined, expected: TaskState): void {
  assert.deepEqual(actual && { ...actual, createdAt: Date.parse(actual.createdAt) }, {
    ...expected,
    createdAt: Date.parse(expected.createdAt),
  })
}

export function groupOf(count: number): GroupRecord {
  return {
    groupUuid: `group_${randomUUID()}`,
    taskUuids: Array.from({ length: count }, taskUuid),
    chordTriggered: false,
    createdAt: '2030-01-02T03:04:05.678Z',
  }
}

function groupOfWrite(group: GroupRecord): { readonly uuid: string; readonly taskCount: number } {
  return { uuid: group.groupUuid, taskCount: group.taskUuids.length }
}

export function memberOf(group: GroupRecord, uuid: string, expiresInMs: number = hourMs): FinishedMember {
  return { groupUuid: group.groupUuid, taskUuid: uuid, taskCount: group.taskUuids.length, expiresInMs }
}
