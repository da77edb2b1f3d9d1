import {
  type FinishedMember,
  isTerminal,
  type MemberFinished,
  type TaskState,
  type TaskStateName,
} from '@machinery/core/adapter'
import { classifyFailure, runScript } from '@machinery/redis-connection'
import { groupKeys } from './group-keys.js'
import { decodeGroup, type Groups } from './groups.js'
import { lifeMs } from './life-ms.js'
import type { Records } from './records.js'
import { noteMembers, settleGroup } from './scripts/index.js'
import type { States } from './states.js'

/** More rounds than any group needs: what is asked for doubles in each. */
const mostRounds = 100

/** The members of one group that a call notes, and what is known so far. */
interface Round {
  readonly groupUuid: string
  readonly expiresInMs: number
  /** To strike off next: those that the call notes, then those found to have ended. */
  finished: readonly string[]
  /** Whether one was found that has not ended. */
  isOpen: boolean
}

/** A call of `finish`. */
interface Call {
  /** Those it has so far, by group. */
  readonly answers: Map<string, MemberFinished>
  /** How many members it picks in a round, to look at. */
  picks: number
}

/** The record comes where no member is left, unless the group is known to be complete. */
type Note = readonly [left: number, isProlonged: number, picked: readonly string[], record?: string]

/**
 * Tells when all members of a group have ended, from their states alone, since workers in Go note nothing else.
 *
 * A set holds the members not known to have ended. A worker strikes its own off after their states are stored, then looks at
 * some of the others: those that have ended meanwhile are struck off, and the first that has not ends the search. Each member
 * is struck off once and each search ends with at most as many vain looks as it struck off, so the work is constant per
 * member. Of two who finish last, the later one sees both states; a worker in Go that is last looks at all of them itself.
 * For the same reason a call need not look further once this process has begun another one for that group: its members'
 * states were stored before, and that call will see them. It goes on with as many at once: where calls are given up and
 * repeated, since the server is slow, each would begin with one else.
 */
export class Completion {
  readonly #records: Records
  readonly #groups: Groups
  readonly #states: States
  /** The newest call for each group that one is under way for. */
  readonly #newest = new Map<string, Call>()

  constructor(records: Records, groups: Groups, states: States) {
    this.#records = records
    this.#groups = groups
    this.#states = states
  }

  async finish(members: readonly FinishedMember[]): Promise<readonly MemberFinished[]> {
    const rounds = [...Map.groupBy(members, ({ groupUuid }) => groupUuid)].map(
      ([groupUuid, own]): Round => ({
        groupUuid,
        expiresInMs: Math.max(...own.map(({ expiresInMs }) => expiresInMs)),
        finished: own.map(({ taskUuid }) => taskUuid),
        isOpen: false,
      }),
    )
    const answers = new Map<string, MemberFinished>()
    const before = rounds.map(({ groupUuid }) => this.#newest.get(groupUuid)?.picks ?? 1)
    const call: Call = { answers, picks: Math.max(1, ...before) }
    for (const { groupUuid } of rounds) this.#newest.set(groupUuid, call)
    try {
      await this.#search(rounds, call)
    } catch (error) {
      const failed: MemberFinished = { status: classifyFailure(error), error }
      for (const { groupUuid } of rounds) if (!answers.has(groupUuid)) answers.set(groupUuid, failed)
    } finally {
      for (const { groupUuid } of rounds) {
        if (this.#newest.get(groupUuid) === call) this.#newest.delete(groupUuid)
      }
    }
    return members.map(({ groupUuid }) => answers.get(groupUuid) as MemberFinished)
  }

  async #search(rounds: readonly Round[], call: Call): Promise<void> {
    let open = rounds
    for (let n = 0; open.length > 0; call.picks = Math.min(2 * call.picks, 1_000), n++) {
      if (n === mostRounds) throw new Error(`Group ${open[0]?.groupUuid} changed all the time while it was looked at.`)
      const notes = await this.#note(open, call.picks)
      const picked = notes.flatMap((note, index) => {
        return this.#newest.get((open[index] as Round).groupUuid) === call ? note[2] : []
      })
      const names = new Map(await zipNames(this.#groups, picked))
      const next = open.map((round, index) => this.#judge(round, notes[index] as Note, names, call.answers))
      open = (await Promise.all(next)).filter((round) => round !== undefined)
    }
  }

  /** What to do next for a group; undefined where it has its answer. */
  async #judge(
    round: Round,
    note: Note,
    names: ReadonlyMap<string, string>,
    answers: Map<string, MemberFinished>,
  ): Promise<Round | undefined> {
    const { groupUuid } = round
    const [left, isProlonged, picked, record] = note
    if (left === -1 || (left === -2 && !(await this.#groups.track(groupUuid)))) {
      answers.set(groupUuid, { status: 'missing' })
      return undefined
    }
    if (left === -2) return round
    if (isProlonged === 1) await this.#groups.extendMembers(groupUuid, round.expiresInMs)
    if (left === 0) {
      const states = record === undefined ? undefined : await this.#readAll(groupUuid, record)
      if (states !== 'reopened') {
        answers.set(groupUuid, { status: 'ok', complete: true, states })
        return undefined
      }
      return { ...round, finished: [], isOpen: false }
    }
    const ended = picked.filter((uuid) => hasEnded(names.get(uuid)))
    const isOpen = round.isOpen || ended.length < picked.length
    // Those that have ended are struck off all the same, so that nobody looks at them again.
    if (ended.length > 0 && !round.isOpen) return { ...round, finished: ended, isOpen }
    answers.set(groupUuid, { status: 'ok', complete: false })
    return undefined
  }

  async #note(rounds: readonly Round[], picks: number): Promise<readonly Note[]> {
    const client = await this.#records.client()
    const argsOf = ({ expiresInMs, finished }: Round): (string | number)[] => [
      lifeMs(expiresInMs),
      finished.length,
      ...finished,
    ]
    if (!this.#records.isCluster) {
      const keys = rounds.flatMap(({ groupUuid }) => groupKeys(groupUuid))
      return (await runScript(client, noteMembers, keys, [picks, ...rounds.flatMap(argsOf)])) as Note[]
    }
    const each = rounds.map((round) => {
      return runScript(client, noteMembers, groupKeys(round.groupUuid), [picks, ...argsOf(round)])
    })
    return ((await Promise.all(each)) as Note[][]).flat()
  }

  /**
   * A last look at all members once the set is empty: in Go a message that was delivered again takes the state of a task
   * back. A state that is gone stays counted, so that the chord ends with an error and not in silence.
   * @returns the states of all; undefined where the record cannot be read
   */
  async #readAll(
    groupUuid: string,
    record: string,
  ): Promise<readonly (TaskState | undefined)[] | 'reopened' | undefined> {
    const group = decodeGroup(record)
    if (group === undefined) return undefined
    const states = await this.#states.read(group.taskUuids)
    const unfinished = group.taskUuids.filter((_, index) => {
      const state = states[index]
      return state !== undefined && !isTerminal(state.state)
    })
    const settling = runScript(await this.#records.client(), settleGroup, groupKeys(groupUuid), unfinished)
    if (unfinished.length > 0) {
      await settling
      return 'reopened'
    }
    // Nobody waits for this note: without it, whoever notes a member next has a last look of his own.
    settling.catch(() => undefined)
    return states
  }
}

async function zipNames(groups: Groups, taskUuids: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const names = await groups.stateNames(taskUuids)
  return taskUuids.map((uuid, index) => [uuid, names[index] ?? ''] as const)
}

function hasEnded(name: string | undefined): boolean {
  return isTerminal(name as TaskStateName)
}
