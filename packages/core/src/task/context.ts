import { AsyncLocalStorage } from 'node:async_hooks'
import type { Logger } from '../contracts/index.js'
import { ConfigurationError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'

/** What a handler may know about the run it is in. */
export interface TaskContext {
  /** The signature being run, as received. */
  readonly signature: Readonly<Signature>
  /** Aborts when the run times out, its workflow is cancelled, or the worker quits without waiting any longer. */
  readonly signal: AbortSignal
  /** Writes to the worker's log. */
  readonly log: Logger
  /** 1 for the first run of this task, 2 for its first retry, … */
  readonly attempt: number
}

/** One run of a task, as the worker holds it: a context, and the means to abort it. */
export class TaskRun implements TaskContext {
  readonly signature: Readonly<Signature>
  readonly log: Logger
  readonly attempt: number
  // Most handlers never ask for a signal, so it is made for those who do.
  #controller: AbortController | undefined
  #aborted: { readonly reason: unknown } | undefined

  constructor(facts: { readonly signature: Signature; readonly log: Logger; readonly attempt: number }) {
    this.signature = facts.signature
    this.log = facts.log
    this.attempt = facts.attempt
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason)
    }
    return this.#controller.signal
  }

  /** Aborts the signal with `reason`. Only the first call counts. */
  abort(reason: unknown): void {
    this.#aborted ??= { reason }
    this.#controller?.abort(this.#aborted.reason)
  }

  get isAborted(): boolean {
    return this.#aborted !== undefined
  }

  /** Why, once it is aborted. */
  get abortReason(): unknown {
    return this.#aborted?.reason
  }
}

const storage = new AsyncLocalStorage<TaskContext>()

/**
 * The run that the calling code belongs to, through any number of calls and awaits.
 * @throws ConfigurationError outside a task
 */
export function taskContext(): TaskContext {
  const context = storage.getStore()
  if (context !== undefined) return context
  throw new ConfigurationError(
    'taskContext() was called outside a task. Call it from a handler, or use currentTaskContext() where there may be none.',
  )
}

/** The run that the calling code belongs to, or `undefined` outside a task. */
export function currentTaskContext(): TaskContext | undefined {
  return storage.getStore()
}

/** Calls `fn` such that {@link taskContext} gives `context` in it and in all that it starts. */
export function runWithContext<Result>(context: TaskContext, fn: () => Result): Result {
  return storage.run(context, fn)
}
