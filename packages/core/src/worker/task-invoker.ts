import type { Clock, Logger } from '../contracts/index.js'
import { isMachineryError, TaskTimeoutError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'
import type { RegisteredTask } from '../task/index.js'
import { decodeArguments, encodeResults, runWithContext, TaskRun } from '../task/index.js'
import type { Outcome } from './outcome.js'
import { attemptOf } from './retry-plan.js'

/** Calls task functions: a signature in, an outcome out, never an exception. */
export class TaskInvoker {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #running = new Set<TaskRun>()

  constructor(options: { clock: Clock; logger: Logger }) {
    this.#clock = options.clock
    this.#logger = options.logger
  }

  /** Runs the task. Answers at once where the task function is synchronous: then no promise is made. */
  invoke(task: RegisteredTask, signature: Signature): Outcome | Promise<Outcome> {
    const run = new TaskRun({ signature, log: this.#logger, attempt: attemptOf(signature) })
    let args: unknown[] | Promise<unknown[]>
    try {
      args = decodeArguments(task, signature)
    } catch (error) {
      return argumentsFailed(error)
    }
    if (args instanceof Promise) return this.#invokeLater(task, run, args)
    let returned: unknown
    try {
      returned = call(task, run, args)
    } catch (error) {
      return { kind: 'failure', error, mayRetry: true }
    }
    return isPromiseLike(returned) ? this.#wait(task, run, returned) : toOutcome(task, returned)
  }

  /** Aborts the signals of the running tasks that `which` picks. */
  abort(reason: Error, which: (signature: Signature) => boolean = () => true): void {
    for (const run of this.#running) if (which(run.signature)) run.abort(reason)
  }

  /** The timeout covers the validation of arguments, too. */
  #invokeLater(task: RegisteredTask, run: TaskRun, args: Promise<unknown[]>): Promise<Outcome> {
    const refused = (error: unknown): never => {
      throw new ArgumentsRefused(error)
    }
    return this.#wait(
      task,
      run,
      args.then((values) => call(task, run, values), refused),
    )
  }

  async #wait(task: RegisteredTask, run: TaskRun, returned: PromiseLike<unknown>): Promise<Outcome> {
    const timeoutMs = task.definition?.timeoutMs
    this.#running.add(run)
    try {
      return toOutcome(
        task,
        await (timeoutMs === undefined ? returned : this.#withTimeout(task, run, returned, timeoutMs)),
      )
    } catch (error) {
      if (isArgumentsRefused(error)) return argumentsFailed(error.reason)
      // What honours the signal often throws an error of its own, which says nothing of the cause.
      return { kind: 'failure', error: run.isAborted && isAbortError(error) ? run.abortReason : error, mayRetry: true }
    } finally {
      this.#running.delete(run)
    }
  }

  /** The task function cannot be stopped from outside: its slot is freed, its signal aborted, and its end ignored. */
  #withTimeout(
    task: RegisteredTask,
    run: TaskRun,
    returned: PromiseLike<unknown>,
    timeoutMs: number,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.setTimer(() => {
        const error = new TaskTimeoutError(task.name, timeoutMs)
        reject(error)
        run.abort(error)
      }, timeoutMs)
      // As a promise: what a thenable's `then` returns may be anything.
      Promise.resolve(returned).then(resolve, reject).then(cancel, cancel)
    })
  }
}

/** Carries what an asynchronous schema rejected with past the task function. */
class ArgumentsRefused {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

/** What was thrown may be anything, a value that throws when it is looked at included. */
function isArgumentsRefused(error: unknown): error is ArgumentsRefused {
  try {
    return error instanceof ArgumentsRefused
  } catch {
    return false
  }
}

function isAbortError(error: unknown): boolean {
  try {
    return error instanceof Error && error.name === 'AbortError'
  } catch {
    return false
  }
}

function call(task: RegisteredTask, run: TaskRun, args: readonly unknown[]): unknown {
  return runWithContext(run, () => task.handler(...args))
}

/** An argument that does not fit never will; a schema that failed for reasons of its own may work later. */
function argumentsFailed(error: unknown): Outcome {
  return { kind: 'failure', error, mayRetry: !isMachineryError(error, 'MACHINERY_INVALID_ARGUMENT') }
}

function toOutcome(task: RegisteredTask, returned: unknown): Outcome {
  try {
    return { kind: 'success', results: encodeResults(task, returned) }
  } catch (error) {
    return { kind: 'failure', error, mayRetry: false }
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  // A hostile value may throw when it is looked at; it is then no promise, and reading it as a result fails cleanly.
  try {
    return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
  } catch {
    return false
  }
}
