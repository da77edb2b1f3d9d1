import type { Backend, StateWrite, TaskState, TaskStateName } from '../contracts/index.js'
import { InvalidArgumentError } from '../errors/index.js'
import { REPLY_HEADER, type Sender } from '../sending/index.js'
import { encodeTaskState, getPrivateHeader, zeroTime } from '../signature/index.js'
import type { HeldTask } from './held-task.js'

/** What is stored of a task that a worker has at hand. */
export class StateWrites {
  readonly #backend: Backend
  readonly #sender: Sender

  constructor(backend: Backend, sender: Sender) {
    this.#backend = backend
    this.#sender = sender
  }

  /** @param end of SUCCESS and FAILURE: those who wait are told */
  of(held: HeldTask, name: TaskStateName, end?: { results?: TaskState['results']; error?: string }): StateWrite {
    const { signature } = held
    const state: TaskState = {
      taskUuid: signature.uuid,
      taskName: signature.name,
      state: name,
      results: end?.results ?? null,
      error: end?.error ?? '',
      createdAt: held.stored?.createdAt ?? zeroTime,
    }
    const write: { -readonly [K in keyof StateWrite]: StateWrite[K] } = {
      state,
      expiresInMs: this.#sender.expiresInMs(null),
    }
    if (signature.groupUuid !== '') write.group = { uuid: signature.groupUuid, taskCount: signature.groupTaskCount }
    const replyTo = end === undefined ? undefined : getPrivateHeader(signature, REPLY_HEADER)
    if (replyTo !== undefined) write.replyTo = replyTo
    return write
  }

  /** The error of a result that the backend cannot keep. */
  tooLarge(state: TaskState): InvalidArgumentError | undefined {
    const { name, capabilities } = this.#backend
    // Small results are by far the most common: only texts, bytes and lists can be large.
    if (!state.results?.some((result) => typeof result.value === 'string' || typeof result.value === 'object'))
      return undefined
    const bytes = Buffer.byteLength(encodeTaskState(state))
    if (bytes <= capabilities.maxRecordBytes) return undefined
    return new InvalidArgumentError(
      `The result of task ${state.taskName} takes ${bytes} bytes and the ${name} backend keeps at most ${capabilities.maxRecordBytes}. ` +
        'Store large results elsewhere and return a reference.',
    )
  }
}
