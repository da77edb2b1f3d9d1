import { answersOf, TurnBatcher } from '../batch/index.js'
import type {
  Backend,
  Broker,
  Clock,
  Logger,
  OutgoingMessage,
  Settled,
  StateSaved,
  TaskState,
} from '../contracts/index.js'
import { settledOk } from '../contracts/index.js'
import { BrokerError, describeError } from '../errors/index.js'
import type { Signature, WrittenCallbacks } from '../signature/index.js'
import { newTaskUuid, nowText, privatePrefix, validateForSending } from '../signature/index.js'
import { refuseNoSignature, resolveDelay } from '../task/index.js'
import { admitDelay, admitPriority } from './admission.js'
import { messageOf, textOf } from './message-of.js'
import { notPublished, pendingNotStored } from './not-sent.js'
import { StateWriter } from './state-writer.js'

/** Called with each signature right before it is published: it may change it (Machinery's server-side `SetPreTaskHandler`). */
export type PrePublishHandler = (signature: Signature) => void | Promise<void>

export interface SenderOptions {
  readonly broker: Broker
  readonly backend: Backend
  readonly clock: Clock
  readonly logger: Logger
  /** Read at every send, so that a live configuration takes effect. */
  readonly settings: () => { readonly defaultQueue: string; readonly resultsExpireIn: number }
  readonly prePublish: () => PrePublishHandler | undefined
  /** The address at which this process hears of results, where the backend can push them. */
  readonly replyAddress: string | undefined
}

/** A signature as it leaves: checked, and written as text. */
export interface Checked {
  readonly signature: Signature
  readonly text: string
}

/** A signature as it leaves, and its message. */
export interface Ready {
  readonly signature: Signature
  readonly message: OutgoingMessage
}

/** What is known of callbacks that several signatures share. */
interface Shared {
  readonly checked: Set<Signature>
  readonly written: WrittenCallbacks
}

/** The header under which the sender's reply address travels. */
export const REPLY_HEADER = 'reply'

/**
 * Sends signatures: the one path for tasks, callbacks and retries. PENDING is stored first, then the message is
 * published; both leave with their turn's batch.
 */
export class Sender {
  readonly states: StateWriter
  /** When the broker last took a message, as `performance.now()` tells it; 0: never yet. */
  lastPublishedAt = 0
  readonly #options: SenderOptions
  readonly #messages: TurnBatcher<OutgoingMessage, Settled>

  constructor(options: SenderOptions) {
    this.#options = options
    this.states = new StateWriter(options.backend)
    this.#messages = new TurnBatcher({ flush: (messages) => options.broker.publish(messages) })
  }

  /**
   * Sends one signature and resolves with it as it left: UUID, routing key and headers filled in. The caller's object
   * stays as it is. Sending the same UUID again is safe: it is one task.
   * @throws InvalidSignatureError, UnsupportedError before anything is stored
   * @throws BackendError when PENDING could not be stored: nothing was published
   * @throws BrokerError with `outcome` `rejected` (not published) or `indeterminate` (unknown)
   */
  async send(original: Signature): Promise<Signature> {
    refuseNoSignature('Sending a task', original, 'send')
    // Checked first: what the broker cannot take must leave no trace.
    return this.sendReady(this.makeReady(this.#check(original)))
  }

  /**
   * Checks and writes signatures before any of them is sent: of a workflow that cannot be sent whole, nothing is sent.
   * Callbacks that they share are looked at once.
   * @throws InvalidSignatureError, UnsupportedError
   */
  check(originals: readonly Signature[]): readonly Checked[] {
    const shared: Shared = { checked: new Set(), written: new Map() }
    return originals.map((original) => this.#check(original, shared))
  }

  /** Makes the message: what is left to do when it is known that it can be sent. */
  makeReady({ signature, text }: Checked): Ready {
    const { broker, clock } = this.#options
    return { signature, message: messageOf(broker, clock, signature, text) }
  }

  /**
   * `send` for one that is ready.
   * @throws BackendError, BrokerError as `send`
   */
  async sendReady({ signature, message }: Ready): Promise<Signature> {
    const saved = await this.#savePending(signature, this.expiresInMs(signature.eta))
    await this.#publishHooked(signature, message, saved.isNew ? saved.state : undefined)
    return signature
  }

  /**
   * Sends a callback, unless a worker received it already: then sending it again could only run it twice.
   * @returns its state: PENDING where it was sent
   */
  async sendOnce(original: Signature): Promise<TaskState> {
    const signature = this.prepare(original)
    const message = this.#message(signature)
    const saved = await this.#savePending(signature, this.expiresInMs(signature.eta))
    if (saved.state.state === 'PENDING')
      await this.#publishHooked(signature, message, saved.isNew ? saved.state : undefined)
    return saved.state
  }

  /**
   * Stores PENDING for tasks before any of them is sent. Members of a chord need that: a worker in Go that ends one of
   * them reads the records of all, and stops consuming where one is missing.
   * @throws BackendError when they are not all stored
   */
  async savePending(tasks: readonly Pick<Signature, 'uuid' | 'name'>[], expiresInMs: number): Promise<void> {
    const createdAt = nowText(this.#options.clock.now())
    const entries = tasks.map((task) => this.states.save({ state: pendingState(task, createdAt), expiresInMs }))
    for (const saved of await answersOf(entries, (error): StateSaved => ({ status: 'indeterminate', error }))) {
      if (saved.status !== 'stored' && saved.status !== 'kept') throw pendingNotStored(saved)
    }
  }

  /**
   * Sends one that is ready and whose PENDING state is stored already, by `savePending`. Groups are large: without a promise
   * for each.
   * @param onFailed called with a BrokerError as of `send`; either this or `onSent` is called, once
   */
  sendPending({ signature, message }: Ready, onSent: () => void, onFailed: (error: unknown) => void): void {
    const { broker, prePublish } = this.#options
    if (prePublish() === undefined && !broker.capabilities.inline) this.#enqueue(message, onSent, onFailed)
    else this.#publishHooked(signature, message).then(onSent, onFailed)
  }

  /**
   * A copy that is ready to leave, checked against the rules of the wire and the broker's limits. A priority that the
   * broker does not have is no reason to refuse: Go overlooks it, and the task is under way.
   */
  prepare(original: Signature, shared?: Shared): Signature {
    const { broker, clock, replyAddress, settings } = this.#options
    const resolved = resolveDelay(original, clock.now())
    const headers = { ...resolved.headers }
    const signature: Signature = { ...resolved, headers }
    if (signature.uuid === '') signature.uuid = newTaskUuid()
    if (signature.routingKey === '') signature.routingKey = broker.defaultRoutingKey ?? settings().defaultQueue
    validateForSending(signature, shared?.checked)
    admitDelay(broker, signature, signature.eta === null ? 0 : signature.eta.getTime() - clock.now())
    // A retry or callback keeps the address of whoever waits for it.
    if (replyAddress !== undefined) headers[`${privatePrefix}${REPLY_HEADER}`] ??= replyAddress
    return signature
  }

  /** For what a user sends, who is told of a priority that would be overlooked. */
  #check(original: Signature, shared?: Shared): Checked {
    const signature = this.prepare(original, shared)
    admitPriority(this.#options.broker, signature)
    return { signature, text: textOf(this.#options.broker, signature, shared?.written) }
  }

  /**
   * Checks the next attempt of a task.
   * @throws InvalidSignatureError, UnsupportedError
   */
  checkRetry(original: Signature): Checked {
    const signature = this.prepare(original)
    return { signature, text: textOf(this.#options.broker, signature) }
  }

  /** Sends the next attempt of a task, checked before: its state is RETRY already and stays it. */
  async sendRetry(checked: Checked): Promise<void> {
    const { signature, message } = this.makeReady(checked)
    await this.#publishHooked(signature, message)
  }

  /** @param own the PENDING state that this sending has stored: deleted if nothing was published, for sure */
  async #publishHooked(signature: Signature, message: OutgoingMessage, own?: TaskState): Promise<void> {
    const hook = this.#options.prePublish()
    try {
      if (hook === undefined) return await this.#publish(message)
      await this.#callHook(hook, signature)
      return await this.#publish(this.#message(signature))
    } catch (error) {
      const isIndeterminate = error instanceof BrokerError && error.outcome === 'indeterminate'
      if (own !== undefined && !isIndeterminate) await this.#forget(own)
      throw error
    }
  }

  #publish(message: OutgoingMessage): Promise<void> {
    if (this.#options.broker.capabilities.inline) return this.#publishInline(message)
    return new Promise((resolve, reject) => this.#enqueue(message, resolve, reject))
  }

  #enqueue(message: OutgoingMessage, onSent: () => void, onFailed: (error: unknown) => void): void {
    const settle = (settled: Settled): void => {
      const failure = this.#failureOf(settled)
      if (failure === undefined) onSent()
      else onFailed(failure)
    }
    this.#messages.add(message).settle(settle, (error) => settle({ status: 'indeterminate', error }))
  }

  async #publishInline(message: OutgoingMessage): Promise<void> {
    const [settled = settledOk] = await this.#options.broker.publish([message])
    const failure = this.#failureOf(settled)
    if (failure !== undefined) throw failure
  }

  /** What went wrong with a message; undefined where the broker has taken it, which is noted. */
  #failureOf(settled: Settled): BrokerError | undefined {
    if (settled.status !== 'ok') return notPublished(settled)
    this.lastPublishedAt = performance.now()
    return undefined
  }

  /** How long the records of a task live that may start at `eta`, in milliseconds. */
  expiresInMs(eta: Date | null): number {
    const delayMs = eta === null ? 0 : Math.max(0, eta.getTime() - this.#options.clock.now())
    return delayMs + this.#options.settings().resultsExpireIn * 1_000
  }

  #message(signature: Signature): OutgoingMessage {
    const { broker, clock } = this.#options
    return messageOf(broker, clock, signature, textOf(broker, signature))
  }

  async #savePending(
    task: Pick<Signature, 'uuid' | 'name'>,
    expiresInMs: number,
  ): Promise<{ readonly isNew: boolean; readonly state: TaskState }> {
    const state = pendingState(task, nowText(this.#options.clock.now()))
    const entry = this.states.save({ state, expiresInMs })
    const saved = await entry.answer.catch((error: unknown): StateSaved => ({ status: 'indeterminate', error }))
    if (saved.status === 'stored') return { isNew: true, state }
    if (saved.status === 'kept') return { isNew: false, state: saved.state }
    throw pendingNotStored(saved)
  }

  async #callHook(hook: PrePublishHandler, signature: Signature): Promise<void> {
    try {
      await hook(signature)
    } catch (error) {
      this.#options.logger.error(
        `The pre-publish handler threw for task ${signature.name} (${signature.uuid}); it is published all the same: ${describeError(error)}`,
        { uuid: signature.uuid },
      )
    }
  }

  /** Deletes the PENDING state `own`, unless it is another sender's by now: the broker may have taken the same task from that one. */
  async #forget(own: TaskState): Promise<void> {
    const { backend, logger } = this.#options
    const uuid = own.taskUuid
    // Where reading consumes a state, a look would destroy what it is to protect.
    if (backend.capabilities.reads !== 'many') return
    try {
      const [stored] = await backend.readStates([uuid])
      if (stored !== undefined && isSame(stored, own)) await backend.deleteStates([uuid])
    } catch (error) {
      logger.warn(
        `Task ${uuid} was not published, and its PENDING state could not be deleted; it stays until it expires: ${describeError(error)}`,
        { uuid },
      )
    }
  }
}

function pendingState({ uuid, name }: Pick<Signature, 'uuid' | 'name'>, createdAt: string): TaskState {
  return { taskUuid: uuid, taskName: name, state: 'PENDING', results: null, error: '', createdAt }
}

/** By the instant, as backends may write times in another form. */
function isSame(stored: TaskState, own: TaskState): boolean {
  return stored.state === own.state && Date.parse(stored.createdAt) === Date.parse(own.createdAt)
}
