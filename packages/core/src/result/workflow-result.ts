import type { TaskState } from '../contracts/index.js'
import { UnsupportedError, WorkflowCancelledError } from '../errors/index.js'
import type { AnyDescriptor } from '../task/index.js'
import { decodeResults, json } from '../task/index.js'
import type { CompiledWorkflow, WorkflowEnd, WorkflowNode } from '../workflow/index.js'
import { taskNodesOf, tasksOf } from '../workflow/index.js'
import type { ResultParts } from './async-result.js'
import { AsyncResult } from './async-result.js'
import { cancellerOf, cancelTasks } from './cancel-tasks.js'
import { failureOf } from './failure-of.js'
import { waitForStates } from './wait-for-states.js'
import { checkWaitOptions, type WaitOptions } from './wait-options.js'
import type { WorkflowStatus } from './workflow-status.js'
import { statusOf } from './workflow-status.js'
import { WorkflowWatch } from './workflow-watch.js'

/** A handle on a workflow as plain data: give it to `server.workflowResult` in any process. */
export interface WorkflowHandle {
  /** Empty for workflows in Machinery's manner, which cannot be cancelled. */
  readonly uuid: string
  readonly tree: WorkflowNode
  /** The tasks whose results are the workflow's, and the types to read them with. */
  readonly ends: readonly { readonly uuid: string; readonly name: string; readonly types?: readonly string[] }[]
  readonly isMany: boolean
  /** When its last task may start at the earliest, in ISO 8601. Absent: at once. */
  readonly eta?: string
}

/** A handle on a running workflow. */
export class WorkflowResult<Value = unknown> {
  /** The workflow's UUID: what its cancellation goes by. */
  readonly uuid: string
  /** Its parts and the UUIDs of their tasks, as plain data. */
  readonly tree: WorkflowNode
  readonly #parts: ResultParts
  readonly #ends: readonly WorkflowEnd[]
  readonly #isMany: boolean
  readonly #eta: Date | null

  constructor(parts: ResultParts, compiled: Pick<CompiledWorkflow, 'uuid' | 'tree' | 'ends' | 'isMany' | 'eta'>) {
    this.#parts = parts
    this.uuid = compiled.uuid
    this.tree = compiled.tree
    this.#ends = compiled.ends
    this.#isMany = compiled.isMany
    this.#eta = compiled.eta
  }

  /**
   * Waits for the workflow to end: the value of its last step, or the values of a group's members in their order.
   * Always settles.
   * @throws TaskFailedError of the task that failed, with its UUID; WorkflowCancelledError; ResultTimeoutError;
   * BackendError when the backend stays away; the reason of `signal`; ConfigurationError for unknown options
   */
  async get(options: WaitOptions = {}): Promise<Value> {
    checkWaitOptions(options)
    this.#mustBeReadable('wait for')
    const tasks = tasksOf(this.tree)
    const ends = this.#ends.map(({ uuid }) => uuid)
    const watch = new WorkflowWatch(this.#parts.clock, tasks, ends)
    const subject =
      this.uuid === '' ? { subject: ends[0] ?? '' } : { subject: this.uuid, subjectKind: 'workflow' as const }
    if (ends.length > 0) {
      const how = await waitForStates(
        this.#parts,
        {
          ...subject,
          all: tasks,
          next: (told) => watch.next(told),
          judge: (states) => watch.judge(states),
          notBefore: this.#eta,
        },
        options,
      )
      if (how === 'failed') throw await this.#failure(tasks)
    }
    return this.#values(watch.ended)
  }

  #mustBeReadable(what: string): void {
    const { capabilities, name } = this.#parts.backend
    if (capabilities.reads === 'many') return
    throw new UnsupportedError(
      `Cannot ${what} workflow ${this.uuid}: the ${name} backend keeps no results to look at. Use one that does.`,
    )
  }

  /**
   * How far the workflow is, in one read.
   * @throws UnsupportedError where reading a state consumes it, or none is kept
   */
  async status(): Promise<WorkflowStatus> {
    this.#mustBeReadable('look at')
    const uuids = tasksOf(this.tree)
    const states = await this.#parts.backend.readStates(uuids)
    return statusOf(this.tree, new Map(uuids.map((uuid, index) => [uuid, states[index]])))
  }

  /**
   * Cancels the workflow: tasks that did not start never will, running ones have their signal aborted, and those who wait
   * get a WorkflowCancelledError. What has ended stays as it is. Tasks that workers in Go took cannot be stopped.
   * It may be repeated.
   * @throws UnsupportedError where the backend carries no cancellations, and for workflows in Machinery's manner;
   * BackendError when it was not cancelled in whole
   */
  async cancel(): Promise<void> {
    const { uuid } = this
    const canceller = cancellerOf(this.#parts, `workflow ${uuid}`)
    if (uuid === '') {
      throw new UnsupportedError(
        'Cannot cancel a workflow in the manner of Machinery: its signatures do not say that they belong together. Make it with chain(), group() or chord().',
      )
    }
    const error = new WorkflowCancelledError(uuid)
    await cancelTasks(this.#parts, canceller, taskNodesOf(this.tree), { uuid, error, notBefore: this.#eta })
  }

  /** Plain data from which `server.workflowResult` makes this handle again, in any process. */
  toJSON(): WorkflowHandle {
    const ends = this.#ends.map(({ uuid, name, results }) => ({
      uuid,
      name,
      ...(results && { types: results.map(({ tag }) => tag) }),
    }))
    const eta = this.#eta?.toISOString()
    return { uuid: this.uuid, tree: this.tree, ends, isMany: this.#isMany, ...(eta !== undefined && { eta }) }
  }

  /** A handle on each task of the workflow, in the order of its parts. */
  tasks(): readonly AsyncResult[] {
    const ends = new Map(this.#ends.map((end) => [end.uuid, end.results]))
    return tasksOf(this.tree).map((uuid) => {
      const results = ends.get(uuid)
      return new AsyncResult(this.#parts, { uuid, eta: this.#eta, ...(results && { results }) })
    })
  }

  /** The first task of the tree that failed: those behind it failed because it did. */
  async #failure(tasks: readonly string[]): Promise<Error> {
    const states = await this.#parts.backend.readStates(tasks)
    const failed = states.find((state) => state?.state === 'FAILURE')
    return failed === undefined
      ? new Error(`Workflow ${this.uuid} failed, and the record of its failure is gone.`)
      : failureOf(failed)
  }

  async #values(states: ReadonlyMap<string, TaskState>): Promise<Value> {
    const values = await Promise.all(
      this.#ends.map(({ uuid, results }) => decodeResults(states.get(uuid)?.results ?? [], results)),
    )
    return (this.#isMany ? values : values[0]) as Value
  }
}

/**
 * What a handle that travelled as JSON knows about its workflow. How to read results: values of `json` are JSON text, the
 * others tell their type.
 */
export function fromHandle(
  handle: WorkflowHandle,
): Pick<CompiledWorkflow, 'uuid' | 'tree' | 'ends' | 'isMany' | 'eta'> {
  const ends = handle.ends.map(({ uuid, name, types }): WorkflowEnd => {
    if (types?.length !== 1 || types[0] !== 'json') return { uuid, name }
    return { uuid, name, results: [json()] as readonly AnyDescriptor[] }
  })
  return { ...handle, ends, eta: handle.eta === undefined ? null : new Date(handle.eta) }
}

/** A handle on a chain: `get` gives what its last step returned. */
export class ChainAsyncResult<Value = unknown> extends WorkflowResult<Value> {}

/** A handle on a group: `get` gives the values of its members, in their order. */
export class GroupAsyncResult<Value = unknown> extends WorkflowResult<Value> {}

/** A handle on a chord: `get` gives what its callback returned. */
export class ChordAsyncResult<Value = unknown> extends WorkflowResult<Value> {}
