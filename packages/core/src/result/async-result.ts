import type { TaskState } from '../contracts/index.js'
import { ResultExpiredError, TaskCancelledError, UnsupportedError } from '../errors/index.js'
import type { AnyDescriptor } from '../task/index.js'
import { decodeResults } from '../task/index.js'
import { type CancelParts, cancellerOf, cancelTasks } from './cancel-tasks.js'
import { failureOf } from './failure-of.js'
import type { ReadStates } from './result-waiter.js'
import type { Verdict } from './wait-for-states.js'
import { waitForStates } from './wait-for-states.js'
import { checkWaitOptions, type WaitOptions } from './wait-options.js'

/** What every handle is made of. */
export type ResultParts = CancelParts

/** What a handle knows about its task. */
export interface ResultSubject {
  readonly uuid: string
  /** Declared results, for values of the declared types. */
  readonly results?: readonly AnyDescriptor[]
  /** When the task may start at the earliest: the default timeout of `get` counts from there. */
  readonly eta?: Date | null
  /** Whether the task's record is known to exist: then its absence means that it expired. */
  readonly isSent?: boolean
}

/** A handle on the result of one task: from `sendTask`, or rebuilt anywhere from the task's UUID. */
export class AsyncResult<Value = unknown> {
  /** The task's UUID: enough to make this handle again, in any process. */
  readonly uuid: string
  readonly #parts: ResultParts
  readonly #results: readonly AnyDescriptor[] | undefined
  readonly #eta: Date | null
  #wasSeen: boolean
  #ended: TaskState | undefined

  constructor(parts: ResultParts, subject: ResultSubject) {
    this.uuid = subject.uuid
    this.#parts = parts
    this.#results = subject.results
    this.#eta = subject.eta ?? null
    this.#wasSeen = subject.isSent ?? false
  }

  /**
   * The task's newest state, or undefined where there is no record of it.
   * @throws what the backend throws
   */
  async getState(): Promise<TaskState | undefined> {
    if (this.#ended !== undefined) return this.#ended
    const [state] = await this.#parts.backend.readStates([this.uuid])
    this.#note(state)
    return state
  }

  /**
   * Looks once: the value if the task succeeded, undefined if it has not ended.
   * @throws TaskFailedError when it failed
   */
  async touch(): Promise<Value | undefined> {
    const verdict = this.#judge(await this.getState())
    if (verdict === undefined) return undefined
    if ('error' in verdict) throw verdict.error
    return this.#decode(verdict.value)
  }

  /**
   * Waits for the task to end and answers what it returned: a value, an array where it declares several results, or
   * undefined where it returns nothing. Always settles.
   * @throws TaskFailedError when it failed, ResultTimeoutError, ResultExpiredError when its record is gone,
   * BackendError when the backend stays away, the reason of `signal`; ConfigurationError for unknown options
   */
  async get(options: WaitOptions = {}): Promise<Value> {
    checkWaitOptions(options)
    const { capabilities, name } = this.#parts.backend
    if (capabilities.reads === 'never') {
      throw new UnsupportedError(
        `Cannot wait for task ${this.uuid}: the ${name} backend keeps no results. Use one that does.`,
      )
    }
    if (this.#ended !== undefined) return this.touch() as Promise<Value>
    const { uuid } = this
    const judge = (states: ReadStates) => this.#judge(states.get(uuid))
    const state = await waitForStates(this.#parts, { subject: uuid, all: [uuid], judge, notBefore: this.#eta }, options)
    return this.#decode(state)
  }

  /**
   * Cancels the task: if it did not start, it never will; if it runs, its signal is aborted. Those who wait get a
   * TaskCancelledError, its `onError` is sent, and what waits behind it fails as behind any failure. What has ended stays as
   * it is. A task that a worker in Go took runs to its end, and its result is dropped. It may be repeated. That it was
   * cancelled is known for `resultsExpireIn`, from its ETA on if this handle knows that, as the one from `sendTask` does.
   * @throws UnsupportedError where the backend carries no cancellations; BackendError when it may not have been cancelled
   */
  async cancel(): Promise<void> {
    const { uuid } = this
    const canceller = cancellerOf(this.#parts, `task ${uuid}`)
    const state = await this.getState()
    const tasks = [{ uuid, name: state?.taskName ?? '', createdAt: state?.createdAt }]
    const error = new TaskCancelledError(uuid)
    await cancelTasks(this.#parts, canceller, tasks, { uuid, error, notBefore: this.#eta })
  }

  /** The task's UUID, as JSON. */
  toJSON(): { readonly uuid: string } {
    return { uuid: this.uuid }
  }

  #judge(state: TaskState | undefined): Verdict<TaskState> {
    const wasSeen = this.#wasSeen
    this.#note(state)
    if (state === undefined) return wasSeen ? { error: new ResultExpiredError(this.uuid) } : undefined
    if (state.state === 'FAILURE') return { error: failureOf(state) }
    return state.state === 'SUCCESS' ? { value: state } : undefined
  }

  #note(state: TaskState | undefined): void {
    if (state === undefined) return
    this.#wasSeen = this.#parts.backend.capabilities.reads === 'many'
    if (state.state === 'SUCCESS' || state.state === 'FAILURE') this.#ended = state
  }

  async #decode(state: TaskState): Promise<Value> {
    return (await decodeResults(state.results ?? [], this.#results)) as Value
  }
}
