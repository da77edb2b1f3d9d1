import type { GroupRecord } from './group.js'
import type { Settled } from './settled.js'
import type { TaskState } from './task-state.js'

/** What a result backend can do. */
export interface BackendCapabilities {
  /** `many`: a state can be read as often as wished. `once`: reading consumes it. `never`: nothing is stored. */
  readonly reads: 'many' | 'once' | 'never'
  /** Whether every state of a task is kept for readers, so that none may be skipped. Usually false: only the newest counts. */
  readonly keepsHistory: boolean
  /** How a chord fires: `once` for sure, `best-effort` where records may vanish, `never` where groups are not kept. */
  readonly chords: 'once' | 'best-effort' | 'never'
  /** The largest record it keeps, in bytes of Machinery's JSON. */
  readonly maxRecordBytes: number
}

/** One state to store. */
export interface StateWrite {
  readonly state: TaskState
  /** How long the record lives from now, in milliseconds. */
  readonly expiresInMs: number
  /** Who waits for the result: see `ResultNotifier`. Set on SUCCESS and FAILURE only. */
  readonly replyTo?: string
  /** The group the task belongs to, for backends that collect a group's states in one place. */
  readonly group?: { readonly uuid: string; readonly taskCount: number }
}

/**
 * What became of a write. `stored`: the record is now `state`. `kept`: the write would have gone back, so the record
 * stayed as it was; `state` is what is stored.
 */
export type StateSaved =
  | { readonly status: 'stored' }
  | { readonly status: 'kept'; readonly state: TaskState }
  | Exclude<Settled, { status: 'ok' }>

/** The one answer for "stored": shared, so that a batch allocates nothing. */
export const stateStored: StateSaved = Object.freeze({ status: 'stored' })

/** What became of a claim: `claimed` by this owner (now or before), `held` by another, `sent` already, or no such group. */
export type ChordClaim = 'claimed' | 'held' | 'sent' | 'missing'

/**
 * Keeps states and results. Implementations keep records: they never decide what a state means, beyond
 * `mayFollow` (state/transitions), and never retry. Every call settles within the adapter's own deadline.
 */
export interface Backend {
  /** For messages and logs, for example `redis`. */
  readonly name: string
  readonly capabilities: BackendCapabilities

  /**
   * Stores states, each atomically and only forwards: a write that may not follow what is stored changes nothing
   * (`mayFollow`). Two writes of one task in the same call apply in order. Answers per item. Calls may overlap, unless the
   * backend keeps history.
   */
  saveStates(writes: readonly StateWrite[]): Promise<readonly StateSaved[]>

  /** The newest state of each task, in order; `undefined` where there is none. */
  readStates(taskUuids: readonly string[]): Promise<readonly (TaskState | undefined)[]>

  /** Forgets the tasks. Unknown ones are no error. */
  deleteStates(taskUuids: readonly string[]): Promise<void>

  /** Stores a group's record, replacing one of the same UUID together with its claim and its finished members. */
  createGroup(group: GroupRecord, expiresInMs: number): Promise<void>

  /** The group's record, or `undefined`. */
  readGroup(groupUuid: string): Promise<GroupRecord | undefined>

  /** Forgets the group and all that was noted about it. Unknown ones are no error. */
  deleteGroup(groupUuid: string): Promise<void>

  /**
   * Notes that a member ended (SUCCESS or FAILURE; its state is stored already) and tells whether all members have,
   * at amortised constant cost per member. Noting a member twice counts once. Members that others finished without
   * noting it here (workers in Go) count as soon as their stored state says so. Also renews the life of the group's record and of its members' finished states.
   * Calls may overlap.
   */
  finishMembers(members: readonly FinishedMember[]): Promise<readonly MemberFinished[]>

  /**
   * Claims the right to send the group's callback, for `leaseMs`. The same `owner` may claim again.
   * A claim whose lease passed without `markChordSent` is free for others.
   */
  claimChord(groupUuid: string, claim: { readonly owner: string; readonly leaseMs: number }): Promise<ChordClaim>

  /** Records that the callback was sent, so that nobody sends it again. */
  markChordSent(groupUuid: string): Promise<void>

  /** Releases what this backend opened itself. Safe to call twice, and during any other call. */
  close(): Promise<void>
}

export interface FinishedMember {
  readonly groupUuid: string
  readonly taskUuid: string
  /** How many members the group has. */
  readonly taskCount: number
  /** New life of the group's records, in milliseconds from now. */
  readonly expiresInMs: number
}

/**
 * What became of noting a member. `missing`: there is no record of the group (it expired, or was never stored).
 * `states`: those of all members, in order, where the backend had to read them to know that the group is complete.
 */
export type MemberFinished =
  | {
      readonly status: 'ok'
      readonly complete: boolean
      readonly states?: readonly (TaskState | undefined)[] | undefined
    }
  | { readonly status: 'missing' }
  | Exclude<Settled, { status: 'ok' }>
