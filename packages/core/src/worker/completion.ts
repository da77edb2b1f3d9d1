import type { BatchEntry } from '../batch/index.js'
import type { FinishedMember, MemberFinished, TaskState } from '../contracts/index.js'
import { describeError } from '../errors/index.js'
import { REPLY_HEADER } from '../sending/index.js'
import type { Signature } from '../signature/index.js'
import { getPrivateHeader, zeroTime } from '../signature/index.js'
import { follow, withErrorText, withResults } from './callback-signatures.js'
import { ChordFinisher } from './chord-finisher.js'
import type { CompletionParts } from './completion-parts.js'
import { isPermanent } from './persistence.js'

/**
 * What follows a terminal state, before its message is acknowledged: callbacks and the group. Every step can be
 * repeated: UUIDs are fixed, so a repetition after a crash has no second effect.
 */
export class Completion {
  readonly #parts: CompletionParts
  readonly #chords: ChordFinisher

  constructor(parts: CompletionParts) {
    this.#parts = parts
    this.#chords = new ChordFinisher(parts, {
      send: (callback) => this.send(callback),
      fail: (callback, text) => this.failUnsent(callback, text),
    })
  }

  /** Whether anything follows at all: most tasks have neither callbacks nor a chord. */
  isNeeded(signature: Signature, state: TaskState): boolean {
    if (isMember(signature)) return true
    return state.state === 'SUCCESS'
      ? signature.onSuccess.length > 0
      : signature.onError.length + signature.onSuccess.length > 0
  }

  /**
   * Sees to it that a chord's callback is sent, once all members have ended.
   * @param states those of the members, where they are known
   */
  fireChord(member: Signature, states?: readonly (TaskState | undefined)[]): Promise<void> {
    return this.#chords.fire(member, states)
  }

  /** Notes that a member of a chord ended: at once, without a repetition. `run` does what the answer asks for. */
  noteMember(member: Signature): BatchEntry<FinishedMember, MemberFinished> {
    return this.#chords.note(member)
  }

  /**
   * Sends what `state` asks for. Resolves when all of it is confirmed.
   * @param noted the answer to `noteMember`
   */
  async run(signature: Signature, state: TaskState, noted?: MemberFinished): Promise<void> {
    if (state.state === 'SUCCESS') await this.#succeed(signature, state)
    else await this.#fail(signature, state.error)
    if (isMember(signature)) await this.#chords.finish(signature, noted)
  }

  /**
   * Sends a callback. One that cannot be sent at all fails, so that nobody waits for it; one that failed before it was sent,
   * because it was cancelled, is not, and what waits behind it is told.
   */
  async send(callback: Signature): Promise<void> {
    const { persistence, sender, logger } = this.#parts
    try {
      const what = `send callback ${callback.name} (${callback.uuid})`
      const state = await persistence.untilDone(what, () => sender.sendOnce(callback))
      if (state.state === 'FAILURE') await this.run(callback, state)
    } catch (error) {
      if (!isPermanent(error)) throw error
      const text = describeError(error)
      logger.error(`Callback ${callback.name} (${callback.uuid}) cannot be sent and fails: ${text}`, {
        uuid: callback.uuid,
      })
      await this.failUnsent(callback, text)
    }
  }

  /**
   * Ends a signature that will never run: FAILURE for its waiters, its error callbacks, and all that waits behind it.
   */
  async failUnsent(signature: Signature, text: string): Promise<void> {
    const { persistence, sender } = this.#parts
    const state: TaskState = {
      taskUuid: signature.uuid,
      taskName: signature.name,
      state: 'FAILURE',
      results: null,
      error: text,
      createdAt: zeroTime,
    }
    const replyTo = getPrivateHeader(signature, REPLY_HEADER)
    const stored = await persistence.save({
      state,
      expiresInMs: sender.expiresInMs(null),
      ...(replyTo !== undefined && { replyTo }),
    })
    await this.run(signature, stored)
  }

  async #succeed(signature: Signature, state: TaskState): Promise<void> {
    const results = signature.immutable ? [] : (state.results ?? [])
    for (const [index, callback] of signature.onSuccess.entries()) {
      await this.send(follow(signature, withResults(callback, results), `success ${index}`))
    }
  }

  async #fail(signature: Signature, text: string): Promise<void> {
    for (const [index, callback] of signature.onError.entries()) {
      await this.send(follow(signature, withErrorText(callback, text), `error ${index}`))
    }
    // The steps behind a failed one never run; those who wait for them, and the groups they belong to, are told.
    for (const [index, callback] of signature.onSuccess.entries()) {
      const skipped = follow(signature, callback, `success ${index}`)
      await this.failUnsent({ ...skipped, onError: [] }, text)
    }
  }
}

/** Whether a task is a member of a chord: its group waits for it. */
function isMember({ chordCallback, groupUuid }: Signature): boolean {
  return chordCallback !== null && groupUuid !== ''
}
