import type { Backend, Clock, Logger, MemberFinished, TaskState } from '../contracts/index.js'
import { describeError, stackOf, TaskFailedError } from '../errors/index.js'
import type { Sender } from '../sending/index.js'
import { isTerminal } from '../state/index.js'
import { callHook } from './call-hook.js'
import type { Cancellations } from './cancellations.js'
import { isCancelledBy } from './cancellations.js'
import type { Completion } from './completion.js'
import type { WorkerHandlers } from './handlers.js'
import type { HeldTask } from './held-task.js'
import type { Outcome } from './outcome.js'
import type { Persistence } from './persistence.js'
import { AbandonedError, isPermanent } from './persistence.js'
import type { RetryPlan } from './retry-plan.js'
import { planRetry } from './retry-plan.js'
import { AFTER_BREAKDOWN_MS, acknowledged } from './settler.js'
import { StateWrites } from './state-writes.js'
import type { TaskInvoker } from './task-invoker.js'

export interface TaskLifeParts {
  readonly backend: Backend
  readonly cancellations: Cancellations
  readonly clock: Clock
  readonly completion: Completion
  readonly handlers: WorkerHandlers
  readonly invoker: TaskInvoker
  readonly logger: Logger
  readonly persistence: Persistence
  readonly sender: Sender
  /** From now on no delivery of the same message joins the task: it would not be settled with it. */
  readonly release: (held: HeldTask) => void
  /** Told when nothing is left to do for a task. */
  readonly concluded: (held: HeldTask) => void
}

/** The life of one delivered task: run it, store how it ended, send what follows, and acknowledge last. */
export class TaskLife {
  readonly #parts: TaskLifeParts
  readonly #writes: StateWrites

  constructor(parts: TaskLifeParts) {
    this.#parts = parts
    this.#writes = new StateWrites(parts.backend, parts.sender)
  }

  /** Runs the task function. STARTED is stored unless the outcome is there in the same turn: nobody could see it. */
  begin(held: HeldTask): Outcome | Promise<Outcome> {
    const { backend, cancellations, invoker, sender } = this.#parts
    const cancelled = cancellations.reasonAgainst(held.signature, held.receivedAt)
    if (cancelled !== undefined) return { kind: 'failure', error: cancelled, mayRetry: false }
    if (backend.capabilities.keepsHistory) {
      sender.states.save(this.#writes.of(held, 'RECEIVED'))
      held.lastWrite = sender.states.save(this.#writes.of(held, 'STARTED'))
    }
    this.#callPreTask(held)
    const outcome = invoker.invoke(held.task, held.signature)
    if (outcome instanceof Promise && held.lastWrite === undefined) {
      // A lost STARTED is not worth a repetition: the final state is.
      held.lastWrite = sender.states.save(this.#writes.of(held, 'STARTED'))
    }
    return outcome
  }

  /** Takes an outcome to its end, and tells `concluded`; when something cannot be done, the message is given back. */
  conclude(held: HeldTask, outcome: Outcome): void {
    if (outcome.kind === 'failure') this.#live(held, () => this.#failOrRetry(held, outcome))
    else if (isPlain(held)) this.#succeedPlainly(held, outcome)
    else this.#live(held, () => this.#succeed(held, outcome))
  }

  /** For a task that had ended before it was delivered again: repeats what follows its state, and acknowledges. */
  resume(held: HeldTask, state: TaskState): void {
    this.#live(held, () => this.#finish(held, state))
  }

  /** Ends a task in FAILURE without running it; its message is parked with `reason`. */
  park(held: HeldTask, reason: string): void {
    const error = new TaskFailedError(held.signature.uuid, held.signature.name, reason)
    this.#live(held, () => this.#fail(held, error, reason))
  }

  /**
   * The way of nearly all tasks, after which nothing is sent: one write, a note for the chord, one acknowledgement, and no
   * promises, which would cost more than all of that. Whatever is out of the ordinary takes the general way.
   */
  #succeedPlainly(held: HeldTask, outcome: Extract<Outcome, { kind: 'success' }>): void {
    const { completion, persistence, sender } = this.#parts
    const write = this.#writes.of(held, 'SUCCESS', { results: outcome.results })
    if (persistence.isAbandoned || this.#writes.tooLarge(write.state) !== undefined) {
      this.#live(held, () => this.#succeed(held, outcome))
      return
    }
    const takeGeneralWay = (): void => {
      this.#live(held, async () => this.#finish(held, await persistence.save(write)))
    }
    sender.states.supersede(held.lastWrite, write).settle((saved) => {
      if (saved.status !== 'stored') takeGeneralWay()
      else if (completion.isNeeded(held.signature, write.state)) this.#noteMember(held, write.state)
      else this.#acknowledgePlainly(held)
    }, takeGeneralWay)
  }

  #noteMember(held: HeldTask, state: TaskState): void {
    const { completion } = this.#parts
    const takeGeneralWay = (noted?: MemberFinished): void =>
      this.#live(held, () => this.#finish(held, state, { noted }))
    completion.noteMember(held.signature).settle(
      (noted) => {
        if (noted.status !== 'ok') takeGeneralWay(noted)
        else if (!noted.complete) this.#acknowledgePlainly(held)
        else
          completion.fireChord(held.signature, noted.states).then(
            () => this.#acknowledgePlainly(held),
            () => takeGeneralWay(noted),
          )
      },
      () => takeGeneralWay(),
    )
  }

  #acknowledgePlainly(held: HeldTask): void {
    if (held.duplicates !== undefined) {
      this.#live(held, () => this.#acknowledge(held))
      return
    }
    this.#parts.release(held)
    held.settler.ack(held.delivery, () => this.#conclude(held))
  }

  async #succeed(held: HeldTask, outcome: Extract<Outcome, { kind: 'success' }>): Promise<void> {
    const write = this.#writes.of(held, 'SUCCESS', { results: outcome.results })
    const tooLarge = this.#writes.tooLarge(write.state)
    if (tooLarge !== undefined) return this.#fail(held, tooLarge)
    await this.#finish(held, await this.#parts.persistence.save(write, held.lastWrite))
  }

  async #failOrRetry(held: HeldTask, outcome: Extract<Outcome, { kind: 'failure' }>): Promise<void> {
    const { clock, logger } = this.#parts
    const plan = attempt(() => planRetry(held.signature, outcome, held.task.definition?.retry, clock.now()))
    if (plan instanceof Error) {
      logger.error(`The retry policy of task ${held.signature.name} threw, so its failure is final: ${plan.message}`)
      return this.#fail(held, outcome.error)
    }
    await (plan === undefined ? this.#fail(held, outcome.error) : this.#retry(held, plan, outcome.error))
  }

  async #retry(held: HeldTask, plan: RetryPlan, error: unknown): Promise<void> {
    const { logger, persistence, sender } = this.#parts
    const { name, uuid } = held.signature
    const next = attempt(() => sender.checkRetry(plan.signature))
    if (next instanceof Error) return this.#fail(held, notRetried(error, next))
    const write = { ...this.#writes.of(held, 'RETRY'), expiresInMs: sender.expiresInMs(next.signature.eta) }
    const stored = await persistence.save(write, held.lastWrite)
    if (isTerminal(stored.state)) return this.#finish(held, stored)
    try {
      await persistence.untilDone(`send the retry of task ${name} (${uuid})`, () => sender.sendRetry(next))
    } catch (failure) {
      if (!isPermanent(failure)) throw failure
      return this.#fail(held, notRetried(error, failure))
    }
    logger.info(`Task ${name} (${uuid}) is tried again in ${Math.round(plan.delayMs)} ms: ${describeError(error)}`, {
      uuid,
    })
    await this.#acknowledge(held)
  }

  async #fail(held: HeldTask, error: unknown, parkReason?: string): Promise<void> {
    const text = describeError(error)
    const state = await this.#parts.persistence.save(this.#writes.of(held, 'FAILURE', { error: text }), held.lastWrite)
    this.#reportFailure(held, error, text)
    await this.#finish(held, state, { parkReason })
  }

  /** Sends what follows the stored terminal state, then settles the message. */
  async #finish(
    held: HeldTask,
    state: TaskState,
    known: { readonly parkReason?: string | undefined; readonly noted?: MemberFinished | undefined } = {},
  ): Promise<void> {
    const { completion } = this.#parts
    if (completion.isNeeded(held.signature, state)) await completion.run(held.signature, state, known.noted)
    const reason =
      known.parkReason ??
      (held.signature.stopTaskDeletionOnError && state.state === 'FAILURE' ? state.error : undefined)
    await (reason === undefined ? this.#acknowledge(held) : this.#parkMessage(held, reason))
  }

  async #acknowledge(held: HeldTask): Promise<void> {
    this.#parts.release(held)
    await acknowledged(held.settler, held.delivery)
    for (const { delivery, settler } of held.duplicates ?? []) await acknowledged(settler, delivery)
  }

  async #parkMessage(held: HeldTask, reason: string): Promise<void> {
    this.#parts.release(held)
    await held.settler.reject(held.delivery, reason)
    for (const { delivery, settler } of held.duplicates ?? []) await acknowledged(settler, delivery)
  }

  #live(held: HeldTask, live: () => Promise<void>): void {
    void this.#guard(held, live).then((isAbandoned) => {
      if (isAbandoned) this.#parts.concluded(held)
      else this.#conclude(held)
    })
  }

  #conclude(held: HeldTask): void {
    this.#callPostTask(held)
    this.#parts.concluded(held)
  }

  /** Whether the worker gave the task up, whose message then goes back when its consumer closes. */
  async #guard(held: HeldTask, live: () => Promise<void>): Promise<boolean> {
    try {
      await live()
    } catch (error) {
      if (error instanceof AbandonedError) return true
      const { logger } = this.#parts
      const { name, uuid } = held.signature
      if (isPermanent(error)) {
        const reason = `What follows task ${name} (${uuid}) cannot be done: ${describeError(error)}`
        logger.error(`${reason} Its message is parked.`, { uuid })
        await this.#parkMessage(held, reason)
        return false
      }
      logger.error(`Handling task ${name} (${uuid}) broke down; its message is given back: ${describeError(error)}`, {
        uuid,
      })
      this.#parts.release(held)
      await held.settler.nack([held.delivery], AFTER_BREAKDOWN_MS)
      for (const { delivery, settler } of held.duplicates ?? []) await settler.nack([delivery], AFTER_BREAKDOWN_MS)
    }
    return false
  }

  #reportFailure(held: HeldTask, error: unknown, text: string): void {
    const { handlers, logger } = this.#parts
    const { name, uuid } = held.signature
    if (handlers.error !== undefined) callHook(logger, 'error handler', () => handlers.error?.(error))
    else if (isCancelledBy(error, held.signature)) logger.info(`Task ${name} (${uuid}): ${text}`, { uuid })
    else logger.error(`Task ${name} (${uuid}) failed: ${text}`, { uuid, stack: stackOf(error) })
  }

  #callPreTask(held: HeldTask): void {
    const { handlers, logger } = this.#parts
    if (handlers.preTask !== undefined) callHook(logger, 'pre-task handler', () => handlers.preTask?.(held.signature))
  }

  #callPostTask(held: HeldTask): void {
    const { handlers, logger } = this.#parts
    if (handlers.postTask !== undefined)
      callHook(logger, 'post-task handler', () => handlers.postTask?.(held.signature))
  }
}

/** Whether nothing is sent after a task's success, unless it is the last of its group. */
function isPlain({ signature }: HeldTask): boolean {
  return signature.onSuccess.length === 0
}

/** The error of a task that failed, and whose next attempt cannot be sent for `reason`. */
function notRetried(error: unknown, reason: unknown): Error {
  return new Error(`${describeError(error)} (and cannot be tried again: ${describeError(reason)})`, { cause: error })
}

/** What `make` makes, or what it throws. */
function attempt<Made>(make: () => Made): Made | Error {
  try {
    return make()
  } catch (error) {
    return error instanceof Error ? error : new Error(describeError(error))
  }
}
