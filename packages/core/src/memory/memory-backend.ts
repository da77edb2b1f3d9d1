import { randomUUID } from 'node:crypto'
import {
  type Backend,
  type BackendCapabilities,
  type CancelNotifier,
  type ChordClaim,
  type Clock,
  ClosedError,
  decodeTaskState,
  encodeTaskState,
  type FinishedMember,
  type GroupRecord,
  isTerminal,
  type MemberFinished,
  mayFollow,
  type RecordRenewer,
  type ResultNotifier,
  type StateSaved,
  type StateWrite,
  stateStored,
  systemClock,
  type TaskState,
  type TaskStateName,
} from '../adapter/index.js'
import { ExpiringMap, type Life } from './expiring-map.js'
import { Listeners } from './listeners.js'
import { MemoryGroup } from './memory-group.js'

export interface MemoryBackendOptions {
  /** Time, for the life of records and the leases of claims. @default the system's */
  readonly clock?: Clock
  /** Another memory backend, whose records (and clock) this one uses too. Each is closed on its own. */
  readonly sharedWith?: MemoryBackend
}

/** States, results and groups in the memory of this process. */
export class MemoryBackend implements Backend, ResultNotifier, CancelNotifier, RecordRenewer {
  readonly name = 'memory'
  readonly capabilities: BackendCapabilities = {
    reads: 'many',
    keepsHistory: false,
    chords: 'once',
    maxRecordBytes: Number.POSITIVE_INFINITY,
  }
  readonly replyAddress: string = `memory:${randomUUID()}`
  readonly #store: Store
  readonly #subscriptions = new Set<() => void>()
  #isClosed = false

  constructor(options: MemoryBackendOptions = {}) {
    const { clock = systemClock, sharedWith } = options
    this.#store = sharedWith === undefined ? createStore(clock) : sharedWith.#store
  }

  async saveStates(writes: readonly StateWrite[]): Promise<readonly StateSaved[]> {
    this.#checkOpen()
    const ended = new Map<string, string[]>()
    const answers = writes.map((write): StateSaved => {
      const answer = this.#save(write)
      if (write.replyTo !== undefined && answer.status === 'stored' && isTerminal(write.state.state)) {
        const uuids = ended.get(write.replyTo)
        if (uuids === undefined) ended.set(write.replyTo, [write.state.taskUuid])
        else uuids.push(write.state.taskUuid)
      }
      return answer
    })
    for (const [address, uuids] of ended) this.#store.waiters.get(address)?.tell(uuids)
    return answers
  }

  async readStates(taskUuids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    this.#checkOpen()
    return taskUuids.map((uuid) => {
      const stored = this.#store.states.get(uuid)
      return stored && decodeTaskState(stored.text)
    })
  }

  async deleteStates(taskUuids: readonly string[]): Promise<void> {
    this.#checkOpen()
    for (const uuid of taskUuids) this.#store.states.delete(uuid)
  }

  async createGroup(group: GroupRecord, expiresInMs: number): Promise<void> {
    this.#checkOpen()
    this.#store.groups.set(group.groupUuid, new MemoryGroup(group, this.#now() + expiresInMs))
  }

  async readGroup(groupUuid: string): Promise<GroupRecord | undefined> {
    this.#checkOpen()
    return this.#store.groups.get(groupUuid)?.record
  }

  async deleteGroup(groupUuid: string): Promise<void> {
    this.#checkOpen()
    this.#store.groups.delete(groupUuid)
  }

  async finishMembers(members: readonly FinishedMember[]): Promise<readonly MemberFinished[]> {
    this.#checkOpen()
    return members.map(({ groupUuid, taskUuid, expiresInMs }) => {
      const group = this.#store.groups.get(groupUuid)
      if (group === undefined) return { status: 'missing' }
      group.life.expiresAt = Math.max(group.life.expiresAt, this.#now() + expiresInMs)
      this.#joinLife(taskUuid, group)
      return { status: 'ok', complete: group.finish(taskUuid, (other) => this.#joinLife(other, group)) }
    })
  }

  async claimChord(
    groupUuid: string,
    claim: { readonly owner: string; readonly leaseMs: number },
  ): Promise<ChordClaim> {
    this.#checkOpen()
    return this.#store.groups.get(groupUuid)?.claim(claim.owner, this.#now(), claim.leaseMs) ?? 'missing'
  }

  async markChordSent(groupUuid: string): Promise<void> {
    this.#checkOpen()
    this.#store.groups.get(groupUuid)?.markSent()
  }

  async renewRecords(
    { taskUuids, groupUuids }: Parameters<RecordRenewer['renewRecords']>[0],
    expiresInMs: number,
  ): Promise<void> {
    this.#checkOpen()
    const expiresAt = this.#now() + expiresInMs
    for (const uuid of taskUuids) prolong(this.#store.states.get(uuid)?.life, expiresAt)
    for (const uuid of groupUuids) {
      const group = this.#store.groups.get(uuid)
      prolong(group?.life, expiresAt)
      for (const member of group?.record.taskUuids ?? []) prolong(this.#store.states.get(member)?.life, expiresAt)
    }
  }

  async onResults(listener: (taskUuids: readonly string[]) => void): Promise<() => Promise<void>> {
    const waiters = this.#store.waiters.get(this.replyAddress) ?? new Listeners<readonly string[]>()
    this.#store.waiters.set(this.replyAddress, waiters)
    return this.#subscribe(waiters, listener)
  }

  async cancel(workflowUuid: string): Promise<void> {
    this.#checkOpen()
    this.#store.cancelListeners.tell(workflowUuid)
  }

  async onCancelled(listener: (workflowUuid: string) => void): Promise<() => Promise<void>> {
    return this.#subscribe(this.#store.cancelListeners, listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const end of this.#subscriptions) end()
    this.#store.waiters.delete(this.replyAddress)
  }

  #save({ state, expiresInMs }: StateWrite): StateSaved {
    const stored = this.#store.states.get(state.taskUuid)
    if (stored !== undefined && !mayFollow(stored.name, state.state)) {
      return { status: 'kept', state: decodeTaskState(stored.text) }
    }
    // As text: what is read is then what any other backend would give, and nobody can change it afterwards.
    const text = encodeTaskState(state)
    this.#store.states.set(state.taskUuid, { name: state.state, text, life: { expiresAt: this.#now() + expiresInMs } })
    return stateStored
  }

  /** Whether the task has ended; if so its state lives as long as the group from now on. */
  #joinLife(taskUuid: string, group: MemoryGroup): boolean {
    const stored = this.#store.states.get(taskUuid)
    if (stored === undefined || !isTerminal(stored.name)) return false
    group.life.expiresAt = Math.max(group.life.expiresAt, stored.life.expiresAt)
    stored.life = group.life
    return true
  }

  #subscribe<T>(listeners: Listeners<T>, listener: (news: T) => void): () => Promise<void> {
    this.#checkOpen()
    const remove = listeners.add(listener)
    const end = (): void => {
      remove()
      this.#subscriptions.delete(end)
    }
    this.#subscriptions.add(end)
    return async () => end()
  }

  #now(): number {
    return this.#store.clock.now()
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClosedError('The memory backend')
  }
}

function prolong(life: Life | undefined, expiresAt: number): void {
  if (life !== undefined) life.expiresAt = Math.max(life.expiresAt, expiresAt)
}

interface Store {
  readonly clock: Clock
  readonly states: ExpiringMap<{ readonly name: TaskStateName; readonly text: string; life: Life }>
  readonly groups: ExpiringMap<MemoryGroup>
  /** Who waits for results, by reply address. */
  readonly waiters: Map<string, Listeners<readonly string[]>>
  readonly cancelListeners: Listeners<string>
}

function createStore(clock: Clock): Store {
  return {
    clock,
    states: new ExpiringMap(clock),
    groups: new ExpiringMap(clock),
    waiters: new Map(),
    cancelListeners: new Listeners(),
  }
}
