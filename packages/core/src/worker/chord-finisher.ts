import type { BatchEntry } from '../batch/index.js'
import { TurnBatcher } from '../batch/index.js'
import type { FinishedMember, MemberFinished, TaskResult, TaskState } from '../contracts/index.js'
import type { Signature } from '../signature/index.js'
import { getPrivateHeader, memberFailureHeader } from '../signature/index.js'
import { isTerminal } from '../state/index.js'
import { follow, withResults } from './callback-signatures.js'
import type { CompletionParts } from './completion-parts.js'

/** What can be done with a chord's callback. */
export interface ChordCallbacks {
  readonly send: (callback: Signature) => Promise<void>
  /** Ends it in FAILURE, and tells its `onError`. */
  readonly fail: (callback: Signature, text: string) => Promise<void>
}

/**
 * The most calls under way at once. A backend that looks for members which others ended may take some time, and those that
 * end meanwhile need not wait.
 */
const MAX_CALLS = 3

/** Fires a chord's callback when the last member of its group ended, exactly once among all workers. */
export class ChordFinisher {
  readonly #parts: CompletionParts
  readonly #callbacks: ChordCallbacks
  readonly #firing = new Map<string, Promise<void>>()
  readonly #members: TurnBatcher<FinishedMember, MemberFinished>

  constructor(parts: CompletionParts, callbacks: ChordCallbacks) {
    this.#parts = parts
    this.#callbacks = callbacks
    this.#members = new TurnBatcher({ flush: (members) => parts.backend.finishMembers(members), maxCalls: MAX_CALLS })
  }

  /** Notes that `member` ended: at once, without a repetition. */
  note(member: Signature): BatchEntry<FinishedMember, MemberFinished> {
    return this.#members.add({
      groupUuid: member.groupUuid,
      taskUuid: member.uuid,
      taskCount: member.groupTaskCount,
      expiresInMs: this.#parts.sender.expiresInMs(null),
    })
  }

  /**
   * Notes that `member` ended, unless that is done. If it was the last one, sees to it that the callback is sent, by this
   * worker or by the one that claimed it: until then the member's message must not be acknowledged.
   * @param noted the answer to `note`
   */
  async finish(member: Signature, noted?: MemberFinished): Promise<void> {
    const finished =
      noted !== undefined && isKnown(noted)
        ? noted
        : await this.#parts.persistence.untilDone(`note task ${member.uuid} in group ${member.groupUuid}`, () =>
            this.#noteForSure(member),
          )
    if (finished.status === 'missing') {
      await this.#fail(
        callbackOf(member),
        `Completed check for group ${member.groupUuid} returned error: the record of the group is gone. Raise resultsExpireIn above the time a group takes.`,
      )
      return
    }
    if (finished.complete) await this.fire(member, finished.states)
  }

  /**
   * Sees to it that the callback is sent, once the group of `member` is complete.
   * @param states those of all members, where they are known
   */
  fire(member: Signature, states?: MemberStates): Promise<void> {
    // Members that end together see the group complete together: one of them fires, for all.
    let firing = this.#firing.get(member.groupUuid)
    if (firing === undefined) {
      firing = this.#seeItSent(member, callbackOf(member), states).finally(() => this.#firing.delete(member.groupUuid))
      this.#firing.set(member.groupUuid, firing)
    }
    return firing
  }

  async #seeItSent(member: Signature, callback: Signature, states: MemberStates | undefined): Promise<void> {
    for (
      let waitMs = 10;
      !(await this.#tryToFire(member, callback, states));
      waitMs = Math.min(waitMs * 2, this.#parts.chordLeaseMs / 4)
    ) {
      await this.#parts.persistence.pause(waitMs)
    }
  }

  async #noteForSure(member: Signature): Promise<KnownFinished> {
    const finished = await this.note(member).answer
    if (isKnown(finished)) return finished
    throw finished.error
  }

  /** Whether the callback is sent for sure: by us now, or by somebody before. */
  async #tryToFire(member: Signature, callback: Signature, known: MemberStates | undefined): Promise<boolean> {
    const { backend, chordLeaseMs, owner, persistence } = this.#parts
    const { groupUuid } = member
    const claim = await persistence.untilDone(`claim the chord of group ${groupUuid}`, () =>
      backend.claimChord(groupUuid, { owner: `${owner}:${member.uuid}`, leaseMs: chordLeaseMs }),
    )
    if (claim === 'sent') return true
    if (claim === 'held') return false
    if (claim === 'missing') {
      await this.#fail(
        callback,
        `Triggering chord for group ${groupUuid} returned error: the record of the group is gone. Raise resultsExpireIn above the time a group takes.`,
      )
      return true
    }
    const states =
      known ??
      (await persistence.untilDone(`read the results of group ${groupUuid}`, () => this.#memberStates(groupUuid)))
    await this.#send(callback, groupUuid, states)
    await persistence.untilDone(`mark the chord of group ${groupUuid} as sent`, () => backend.markChordSent(groupUuid))
    return true
  }

  async #memberStates(groupUuid: string): Promise<MemberStates> {
    const { backend } = this.#parts
    const group = await backend.readGroup(groupUuid)
    return group === undefined ? [undefined] : backend.readStates(group.taskUuids)
  }

  async #send(callback: Signature, groupUuid: string, states: MemberStates): Promise<void> {
    const failed = states.find((state) => state?.state === 'FAILURE')
    if (failed !== undefined) {
      await this.#fail(callback, failed.error)
      return
    }
    const results: TaskResult[] = []
    for (const state of states) {
      if (state === undefined || !isTerminal(state.state)) {
        await this.#fail(
          callback,
          `The result of a member of group ${groupUuid} is gone before all members finished. Raise resultsExpireIn above the time a group takes.`,
        )
        return
      }
      results.push(...(state.results ?? []))
    }
    await this.#callbacks.send(callback.immutable ? callback : withResults(callback, results))
  }

  async #fail(callback: Signature, text: string): Promise<void> {
    if (getPrivateHeader(callback, memberFailureHeader) === 'silent') return
    await this.#callbacks.fail(callback, text)
  }
}

type MemberStates = readonly (TaskState | undefined)[]

type KnownFinished = Extract<MemberFinished, { status: 'ok' | 'missing' }>

function isKnown(finished: MemberFinished): finished is KnownFinished {
  return finished.status === 'ok' || finished.status === 'missing'
}

function callbackOf(member: Signature): Signature {
  const own = outsideOf(member.groupUuid, member.chordCallback as Signature)
  return follow(member, own, `chord ${member.groupUuid}`)
}

/** The callback without membership of the group it follows, which would wait for itself; only a forged message has that. */
function outsideOf(groupUuid: string, signature: Signature): Signature {
  const isInside = signature.groupUuid === groupUuid
  const onSuccess = signature.onSuccess.map((next) => outsideOf(groupUuid, next))
  const onError = signature.onError.map((next) => outsideOf(groupUuid, next))
  const chordCallback = signature.chordCallback && !isInside ? outsideOf(groupUuid, signature.chordCallback) : null
  return { ...signature, onSuccess, onError, chordCallback, groupUuid: isInside ? '' : signature.groupUuid }
}
