import { setTimeout as sleep } from 'node:timers/promises'
import {
  type FinishedMember,
  type GroupRecord,
  isTerminal,
  type MemberFinished,
  type Settled,
  settledOk,
  type TaskState,
} from '@machinery/core/adapter'
import { ChordClaims } from './chord-claims.js'
import { writeToQueues } from './go-queue-writes.js'
import { GroupMembers } from './group-members.js'
import { GroupRecords } from './group-records.js'
import type { Parts } from './parts.js'
import { queueNames } from './queue-names.js'
import { peekState } from './state-queues.js'

/** How many groups are remembered, with the members that are in their queues. */
const mostRemembered = 1_000
/** How many complete groups are kept at hand for those who send their callbacks. */
const mostComplete = 20
/** Others hold the states of members for some milliseconds, while they look at them. */
const attempts = 20
const pauseMs = 25
/** What Go writes for an unknown time. */
const zeroTime = '0001-01-01T00:00:00Z'

/** Groups: their records, the states of members that ended, and who sends the callback. */
export class Groups {
  readonly claims: ChordClaims
  readonly #parts: Parts
  readonly #records: GroupRecords
  readonly #members: GroupMembers
  /** By group: members whose state was put into its queue here. */
  readonly #collected = new Map<string, Set<string>>()
  /** What was seen of groups that are complete. A worker in Go that ends a member at the same time deletes the queue. */
  readonly #complete = new Map<string, ReadonlyMap<string, TaskState>>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.claims = new ChordClaims(parts)
    this.#records = new GroupRecords(parts)
    this.#members = new GroupMembers(parts)
  }

  async create(group: GroupRecord, expiresInMs: number): Promise<void> {
    await this.delete(group.groupUuid)
    await this.#records.create(group, expiresInMs)
  }

  /** The record; for groups of producers in Go, which store none, one made of the members that have ended. */
  async read(groupUuid: string): Promise<GroupRecord | undefined> {
    const found = await this.#records.read(groupUuid)
    const record = found === 'none' ? await this.#recordOfMembers(groupUuid) : found
    if (record === undefined || record === 'expired') return undefined
    return { ...record, chordTriggered: await this.#parts.exists(queueNames.triggered(groupUuid)) }
  }

  async delete(groupUuid: string): Promise<void> {
    this.claims.forget(groupUuid)
    this.#records.forget(groupUuid)
    this.#collected.delete(groupUuid)
    this.#complete.delete(groupUuid)
    const { members, triggered, record, claim, sent } = queueNames
    await this.#parts.delete([members, triggered, record, claim, sent].map((nameOf) => nameOf(groupUuid)))
  }

  /** The state of this member is in its group's queue. */
  noteCollected(groupUuid: string, taskUuid: string): void {
    const known = this.#collected.get(groupUuid) ?? new Set()
    known.add(taskUuid)
    remember(this.#collected, groupUuid, known, mostRemembered)
  }

  /** The terminal states of the members, which stay where they are: `count` of them, unless there are fewer. */
  async memberStates(groupUuid: string, count: number): Promise<ReadonlyMap<string, TaskState>> {
    for (let attempt = 1; ; attempt++) {
      const states = this.#complete.get(groupUuid) ?? (await this.#members.read(groupUuid, count))
      if (states.size >= count || attempt === attempts) return states
      await sleep(pauseMs)
    }
  }

  async markSent(groupUuid: string): Promise<void> {
    await this.claims.markSent(groupUuid)
    this.#complete.delete(groupUuid)
  }

  /** Whether there is anything about the group, whose life is renewed. */
  async isKnown(groupUuid: string, expiresInMs: number): Promise<boolean> {
    const life = await this.#records.renew(groupUuid, expiresInMs)
    // A look that is never enough writes anew what it finds.
    if (life === 'aging') await this.#members.read(groupUuid, Number.POSITIVE_INFINITY)
    if (life === 'none') return (await this.#members.count(groupUuid)) !== undefined
    return life !== 'expired'
  }

  /** Notes members of one group and tells whether all have ended. */
  async finish(groupUuid: string, members: readonly FinishedMember[]): Promise<readonly MemberFinished[]> {
    const expiresInMs = Math.max(...members.map((member) => member.expiresInMs))
    const taskCount = Math.max(...members.map((member) => member.taskCount))
    if (!(await this.isKnown(groupUuid, expiresInMs))) return members.map(() => ({ status: 'missing' }))
    const collected = await this.#collect(groupUuid, members)
    const complete = await this.#isComplete(groupUuid, taskCount)
    return collected.map((settled) => (settled.status === 'ok' ? { status: 'ok', complete } : settled))
  }

  /** Sees to it that the group's queue holds a state of each of `members`. */
  async #collect(groupUuid: string, members: readonly FinishedMember[]): Promise<readonly Settled[]> {
    const missing = members.filter(({ taskUuid }) => !this.#collected.get(groupUuid)?.has(taskUuid))
    if (missing.length === 0) return members.map(() => settledOk)
    const states = await Promise.all(missing.map(({ taskUuid }) => this.#endOf(taskUuid)))
    const writes = missing.map(({ expiresInMs }, index) => ({
      queue: queueNames.members(groupUuid),
      state: states[index] as TaskState,
      expiresInMs,
    }))
    const settled = await writeToQueues(this.#parts, writes)
    const byUuid = new Map<string, Settled>()
    for (const [index, { taskUuid }] of missing.entries()) {
      byUuid.set(taskUuid, settled[index] as Settled)
      if (settled[index]?.status === 'ok') this.noteCollected(groupUuid, taskUuid)
    }
    return members.map(({ taskUuid }) => byUuid.get(taskUuid) ?? settledOk)
  }

  async #endOf(taskUuid: string): Promise<TaskState> {
    const state = await peekState(this.#parts, taskUuid)
    if (state !== undefined && isTerminal(state.state)) return state
    const error = `The result of task ${taskUuid} was read before its group was complete, and the AMQP backend keeps it for one reader only.`
    return { taskUuid, taskName: '', state: 'FAILURE', results: null, error, createdAt: zeroTime }
  }

  /** There may be more messages than members, since a task may run twice: where there are enough, they are looked at. */
  async #isComplete(groupUuid: string, taskCount: number): Promise<boolean> {
    const count = (await this.#members.count(groupUuid)) ?? 0
    if (count < taskCount) return false
    const states = await this.#members.read(groupUuid, taskCount)
    if (states.size < taskCount) return false
    remember(this.#complete, groupUuid, states, mostComplete)
    return true
  }

  async #recordOfMembers(groupUuid: string): Promise<GroupRecord | undefined> {
    const states = await this.memberStates(groupUuid, 0)
    if (states.size === 0) return undefined
    return { groupUuid, taskUuids: [...states.keys()], chordTriggered: false, createdAt: zeroTime }
  }
}

/** The oldest goes where there are too many. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value as string)
}
