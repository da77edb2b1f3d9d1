import { randomUUID } from 'node:crypto'
import {
  type Backend,
  type BackendCapabilities,
  type CancelNotifier,
  type ChordClaim,
  checkOptions,
  type FinishedMember,
  type GroupRecord,
  type MemberFinished,
  type RecordRenewer,
  type ResultNotifier,
  type StateSaved,
  type StateWrite,
  type TaskState,
} from '@machinery/core/adapter'
import {
  openRedis,
  type RedisConnection,
  type RedisConnectionOptions,
  RedisSubscriber,
  redisConnectionOptionNames,
} from '@machinery/redis-connection'
import { Chords } from './chords.js'
import { Completion } from './completion.js'
import { Groups } from './groups.js'
import { Records } from './records.js'
import { States } from './states.js'

/** Channels of Redis are common to all its databases. */
const cancelChannel = 'machinery:ts:cancelled'

/** Where Redis is: see `RedisConnectionOptions`. */
export type RedisBackendOptions = RedisConnectionOptions

/**
 * States, results and groups in Redis, in the form and under the keys of Go's Machinery. What Go does not know lies under
 * private keys, `{<group>}:ts:…`, which expire with the group.
 */
export class RedisBackend implements Backend, ResultNotifier, CancelNotifier, RecordRenewer {
  readonly name = 'redis'
  readonly capabilities: BackendCapabilities = {
    reads: 'many',
    keepsHistory: false,
    chords: 'once',
    // The longest string of Redis.
    maxRecordBytes: 512 * 1024 * 1024,
  }
  /** A channel of Redis. */
  readonly replyAddress: string = `machinery:ts:results:${randomUUID()}`
  readonly #connection: RedisConnection
  readonly #subscriber: RedisSubscriber
  readonly #states: States
  readonly #groups: Groups
  readonly #completion: Completion
  readonly #chords: Chords

  /** @throws ConfigurationError where options are wrong or contradict each other */
  constructor(options: RedisBackendOptions = {}) {
    checkOptions('RedisBackend', options, redisConnectionOptionNames)
    this.#connection = openRedis(options)
    this.#subscriber = new RedisSubscriber(this.#connection)
    const records = new Records(this.#connection)
    this.#states = new States(records)
    this.#groups = new Groups(records)
    this.#completion = new Completion(records, this.#groups, this.#states)
    this.#chords = new Chords(records)
  }

  saveStates(writes: readonly StateWrite[]): Promise<readonly StateSaved[]> {
    return this.#states.save(writes)
  }

  readStates(taskUuids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    return this.#states.read(taskUuids)
  }

  deleteStates(taskUuids: readonly string[]): Promise<void> {
    return this.#states.delete(taskUuids)
  }

  createGroup(group: GroupRecord, expiresInMs: number): Promise<void> {
    return this.#groups.create(group, expiresInMs)
  }

  readGroup(groupUuid: string): Promise<GroupRecord | undefined> {
    return this.#groups.read(groupUuid)
  }

  deleteGroup(groupUuid: string): Promise<void> {
    return this.#groups.delete(groupUuid)
  }

  finishMembers(members: readonly FinishedMember[]): Promise<readonly MemberFinished[]> {
    return this.#completion.finish(members)
  }

  claimChord(groupUuid: string, claim: { readonly owner: string; readonly leaseMs: number }): Promise<ChordClaim> {
    return this.#chords.claim(groupUuid, claim.owner, claim.leaseMs)
  }

  markChordSent(groupUuid: string): Promise<void> {
    return this.#chords.markSent(groupUuid)
  }

  async renewRecords(
    { taskUuids, groupUuids }: Parameters<RecordRenewer['renewRecords']>[0],
    expiresInMs: number,
  ): Promise<void> {
    const groups = groupUuids.map((uuid) => this.#groups.renew(uuid, expiresInMs))
    await Promise.all([this.#states.renew(taskUuids, expiresInMs), ...groups])
  }

  onResults(listener: (taskUuids: readonly string[]) => void): Promise<() => Promise<void>> {
    return this.#subscriber.listen(this.replyAddress, (message) => {
      const taskUuids = readUuids(message)
      if (taskUuids.length > 0) listener(taskUuids)
    })
  }

  async cancel(workflowUuid: string): Promise<void> {
    const client = await this.#connection.ready()
    await client.publish(cancelChannel, workflowUuid)
  }

  onCancelled(listener: (workflowUuid: string) => void): Promise<() => Promise<void>> {
    return this.#subscriber.listen(cancelChannel, listener)
  }

  async close(): Promise<void> {
    await Promise.all([this.#subscriber.close(), this.#connection.close()])
  }
}

/** Anybody can publish: what is no list of texts is nothing. */
function readUuids(message: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(message)
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  } catch {
    return []
  }
}
