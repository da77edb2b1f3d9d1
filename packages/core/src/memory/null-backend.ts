import {
  type Backend,
  type BackendCapabilities,
  type ChordClaim,
  type FinishedMember,
  type GroupRecord,
  type MemberFinished,
  type StateSaved,
  type StateWrite,
  stateStored,
  type TaskState,
} from '../adapter/index.js'

/** Keeps nothing, for fleets that never read results. Groups run; chords cannot. */
export class NullBackend implements Backend {
  readonly name = 'null'
  readonly capabilities: BackendCapabilities = {
    reads: 'never',
    keepsHistory: false,
    chords: 'never',
    maxRecordBytes: Number.POSITIVE_INFINITY,
  }

  async saveStates(writes: readonly StateWrite[]): Promise<readonly StateSaved[]> {
    return writes.map(() => stateStored)
  }

  async readStates(taskUuids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    return taskUuids.map(() => undefined)
  }

  async deleteStates(): Promise<void> {}

  async createGroup(): Promise<void> {}

  async readGroup(): Promise<GroupRecord | undefined> {
    return undefined
  }

  async deleteGroup(): Promise<void> {}

  async finishMembers(members: readonly FinishedMember[]): Promise<readonly MemberFinished[]> {
    return members.map(() => ({ status: 'missing' }))
  }

  async claimChord(): Promise<ChordClaim> {
    return 'missing'
  }

  async markChordSent(): Promise<void> {}

  async close(): Promise<void> {}
}
