import { ConfirmPublisher, openAmqp } from '@machinery/amqp-connection'
import { ConfigurationError, InvalidArgumentError } from '@machinery/core'
import {
  type Backend,
  type BackendCapabilities,
  type ChordClaim,
  ClosedError,
  checkOptions,
  type FinishedMember,
  type GroupRecord,
  isTerminal,
  type MemberFinished,
  type Settled,
  type StateSaved,
  type StateWrite,
  stateStored,
  type TaskState,
} from '@machinery/core/adapter'
import { type QueueWrite, writeToQueues } from './go-queue-writes.js'
import { Groups } from './groups.js'
import { type AmqpBackendOptions, amqpBackendOptionNames } from './options.js'
import { Parts } from './parts.js'
import { queueNames } from './queue-names.js'
import { takeState } from './state-queues.js'

/**
 * States and results in queues of RabbitMQ, as Go's AMQP backend has them: a queue for each task, in which every state is
 * a message. So a result can be read once, by one reader, and takes memory of the server until then: not for heavy use.
 */
export class AmqpBackend implements Backend {
  readonly name = 'amqp'
  readonly capabilities: BackendCapabilities
  readonly #parts: Parts
  readonly #groups: Groups
  /** The members of groups whose callback this object is about to send: their states are read from the group. */
  readonly #membersOfClaimed = new Map<string, ReadonlySet<string>>()
  /** States that were taken by a call of `readStates` that failed for other tasks. */
  readonly #untold = new Map<string, TaskState>()
  #isClosed = false

  /** @throws ConfigurationError where options are wrong or contradict each other */
  constructor(options: AmqpBackendOptions = {}) {
    checkOptions('AmqpBackend', options, amqpBackendOptionNames)
    const { resultsExpireIn = 3_600, publishTimeoutMs = 10_000, maxWaitingMessages = 10_000 } = options
    // RabbitMQ's limit: ten years.
    if (!Number.isInteger(resultsExpireIn) || resultsExpireIn < 1 || resultsExpireIn > 315_360_000) {
      throw new ConfigurationError(
        `RabbitMQ: resultsExpireIn must be a whole number of seconds from 1 to 315360000, got ${resultsExpireIn}.`,
      )
    }
    const publishing = openAmqp(options)
    const publisher = new ConfirmPublisher(publishing, { timeoutMs: publishTimeoutMs, maxWaiting: maxWaitingMessages })
    this.#parts = new Parts({ publishing, publisher, expiresInMs: resultsExpireIn * 1_000 })
    this.#groups = new Groups(this.#parts)
    this.capabilities = {
      reads: 'once',
      keepsHistory: true,
      chords: 'best-effort',
      maxRecordBytes: options.maxRecordBytes ?? 16_777_216,
    }
  }

  /** Appends each state to its task's queue, and a member's last one to its group's too. Nothing is ever `kept`. */
  async saveStates(writes: readonly StateWrite[]): Promise<readonly StateSaved[]> {
    this.#checkOpen()
    const queueWrites: QueueWrite[] = []
    const placeOfCopy = writes.map(({ state, expiresInMs, group }) => {
      queueWrites.push({ queue: queueNames.states(state.taskUuid), state, expiresInMs })
      if (group === undefined || group.taskCount <= 0 || !isTerminal(state.state)) return -1
      return queueWrites.push({ queue: queueNames.members(group.uuid), state, expiresInMs }) - 1
    })
    const settled = await writeToQueues(this.#parts, queueWrites)
    let place = 0
    return writes.map((write, index): StateSaved => {
      const own = settled[place++]
      const copy = placeOfCopy[index] === -1 ? undefined : settled[place++]
      if (copy?.status === 'ok' && write.group) this.#groups.noteCollected(write.group.uuid, write.state.taskUuid)
      const failed = [own, copy].find(isFailure)
      if (failed === undefined) return stateStored
      // Of two, one may be there.
      return copy === undefined ? failed : { status: 'indeterminate', error: failed.error }
    })
  }

  /**
   * Takes what there is to read of each task, and answers the newest state: each is answered once, to one reader. The
   * queue of a task that has ended is deleted. While this object holds the claim of a chord, the members of the group it has
   * read are answered from the group's own queue, as often as asked for.
   */
  async readStates(taskUuids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    this.#checkOpen()
    const ofGroups = await this.#statesOfClaimed(new Set(taskUuids))
    const reading = new Map<string, Promise<TaskState | undefined>>()
    for (const uuid of taskUuids) {
      if (!ofGroups.has(uuid) && !reading.has(uuid)) reading.set(uuid, takeState(this.#parts, uuid))
    }
    const taken = new Map<string, TaskState | undefined>()
    const outcomes = await Promise.allSettled(
      [...reading].map(async ([uuid, state]) => taken.set(uuid, (await state) ?? this.#untold.get(uuid))),
    )
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    for (const [uuid, state] of taken) {
      // What was taken is nowhere else: it is told next time.
      if (failure !== undefined && state !== undefined) this.#untold.set(uuid, state)
      else this.#untold.delete(uuid)
    }
    if (failure !== undefined) throw failure.reason
    return taskUuids.map((uuid) => ofGroups.get(uuid) ?? taken.get(uuid))
  }

  async deleteStates(taskUuids: readonly string[]): Promise<void> {
    this.#checkOpen()
    await this.#parts.delete(taskUuids.map(queueNames.states))
  }

  async createGroup(group: GroupRecord, expiresInMs: number): Promise<void> {
    this.#checkOpen()
    this.#membersOfClaimed.delete(group.groupUuid)
    await this.#groups.create(group, expiresInMs)
  }

  async readGroup(groupUuid: string): Promise<GroupRecord | undefined> {
    this.#checkOpen()
    const group = await this.#groups.read(groupUuid)
    if (group !== undefined && this.#groups.claims.isMine(groupUuid)) {
      this.#membersOfClaimed.set(groupUuid, new Set(group.taskUuids))
    }
    return group
  }

  async deleteGroup(groupUuid: string): Promise<void> {
    this.#checkOpen()
    this.#membersOfClaimed.delete(groupUuid)
    await this.#groups.delete(groupUuid)
  }

  /** Counts distinct members, where Go counts messages. The members' states in the group's queue are what is counted. */
  async finishMembers(members: readonly FinishedMember[]): Promise<readonly MemberFinished[]> {
    this.#checkOpen()
    const byGroup = Map.groupBy(members, ({ groupUuid }) => groupUuid)
    const answers = new Map<FinishedMember, MemberFinished>()
    await Promise.all(
      [...byGroup].map(async ([groupUuid, ofGroup]) => {
        const finished = await this.#groups
          .finish(groupUuid, ofGroup)
          .catch((error: unknown) => ofGroup.map(() => notFinished(error)))
        for (const [index, member] of ofGroup.entries()) answers.set(member, finished[index] as MemberFinished)
      }),
    )
    return members.map((member) => answers.get(member) as MemberFinished)
  }

  async claimChord(
    groupUuid: string,
    claim: { readonly owner: string; readonly leaseMs: number },
  ): Promise<ChordClaim> {
    this.#checkOpen()
    if (!(await this.#groups.isKnown(groupUuid, this.#parts.expiresInMs))) return 'missing'
    return this.#groups.claims.claim(groupUuid, claim)
  }

  async markChordSent(groupUuid: string): Promise<void> {
    this.#checkOpen()
    await this.#groups.markSent(groupUuid)
    this.#membersOfClaimed.delete(groupUuid)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#parts.close()
  }

  async #statesOfClaimed(taskUuids: ReadonlySet<string>): Promise<Map<string, TaskState>> {
    const found = new Map<string, TaskState>()
    for (const [groupUuid, members] of [...this.#membersOfClaimed]) {
      if (!this.#groups.claims.isMine(groupUuid)) this.#membersOfClaimed.delete(groupUuid)
      else if ([...taskUuids].some((uuid) => members.has(uuid))) {
        for (const [uuid, state] of await this.#groups.memberStates(groupUuid, members.size)) {
          if (taskUuids.has(uuid)) found.set(uuid, state)
        }
      }
    }
    return found
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClosedError('The amqp backend')
  }
}

/** A group of a name that RabbitMQ does not take surely has no members. */
function notFinished(error: unknown): MemberFinished {
  return { status: error instanceof InvalidArgumentError ? 'rejected' : 'indeterminate', error }
}

function isFailure(settled: Settled | undefined): settled is Exclude<Settled, { status: 'ok' }> {
  return settled !== undefined && settled.status !== 'ok'
}
