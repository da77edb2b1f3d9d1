import type { Config, ConfigInput } from '../config/index.js'
import { resolveConfig } from '../config/index.js'
import type { Backend, Broker, Clock, Lock, Logger } from '../contracts/index.js'
import { ClosedError, ConfigurationError, describeError, TaskNotRegisteredError } from '../errors/index.js'
import { consoleLogger, guardLogger, redactUrl } from '../logging/index.js'
import type { ResultParts, WorkflowHandle } from '../result/index.js'
import {
  AsyncResult,
  ChainAsyncResult,
  ChordAsyncResult,
  checkHandle,
  fromHandle,
  GroupAsyncResult,
  WorkflowResult,
} from '../result/index.js'
import type { PrePublishHandler, SenderOptions } from '../sending/index.js'
import { guardBroker, guardLock, Sender } from '../sending/index.js'
import type { Signature } from '../signature/index.js'
import type {
  AnyDescriptor,
  ArgDescriptor,
  Handler,
  RegisteredTask,
  ResultValue,
  TaskDefinition,
  UntypedHandler,
} from '../task/index.js'
import { localFacts, showValue, TaskRegistry } from '../task/index.js'
import { systemClock, toMilliseconds } from '../time/index.js'
import type { WorkerOptions } from '../worker/index.js'
import { resolveWorkerOptions, Worker } from '../worker/index.js'
import type {
  Chain,
  Chord,
  CompiledWorkflow,
  Group,
  ResultOf,
  Sendable,
  SignatureChain,
  SignatureChord,
  SignatureGroup,
  SignatureWorkflow,
  Workflow,
} from '../workflow/index.js'
import { checkWorkflowKind } from '../workflow/index.js'
import type { Adapters } from './adapters.js'
import { checkDefaultQueue, chooseAdapters } from './adapters.js'
import type { BackendWiring } from './backend-wiring.js'
import { wireBackend } from './backend-wiring.js'
import { closeAll } from './close-all.js'
import { givenWorkerOptions } from './given-worker-options.js'
import type { PeriodicGroupOptions, PeriodicInfo, PeriodicOptions } from './periodic-options.js'
import { defaultProgramName, PeriodicTasks } from './periodic-tasks.js'
import type { PeriodicAdapters } from './periodic-tick.js'
import type { SendWorkflowOptions } from './send-workflow.js'
import { sendWorkflow } from './send-workflow.js'
import type { ServerOptions } from './server-options.js'

/** The longest that an adapter may take to close, in milliseconds; less with a shorter `callTimeout`. */
const LONGEST_CLOSE_MS = 5_000
const NO_LIMIT = Number.POSITIVE_INFINITY

/**
 * One fleet's task queue: registers tasks, sends them, makes workers. Nothing connects until it is used.
 *
 * ```ts
 * const server = new Server(config, new RedisBroker({ url }), new RedisBackend({ url }), new RedisLock({ url }))
 * ```
 *
 * Without adapters it uses embedded ones, which live in this process.
 */
export class Server implements AsyncDisposable {
  readonly #options: ServerOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #registry = new TaskRegistry()
  readonly #workers = new Set<Worker>()
  readonly #periodic: PeriodicTasks
  #config: Config
  #adapters: Adapters
  /** All that there were, with what to call them: replaced ones are still used by what was made before. */
  readonly #toClose = new Map<Broker | Backend | Lock, string>()
  readonly #waiters = new Set<ResultParts['waiter']>()
  #wiring: BackendWiring
  #results: ResultParts
  #sender: Sender
  #periodicAdapters: PeriodicAdapters
  #prePublish: PrePublishHandler | undefined
  #closing: Promise<void> | undefined
  #eagerWorker: Worker | undefined

  /**
   * @param options Machinery's configuration and this library's own options
   * @param broker moves messages; with it, `backend` is required
   * @param backend keeps states and results
   * @param lock lets one of several schedulers send a periodic task; default: one that only this process sees
   * @throws ConfigurationError naming what is wrong
   */
  constructor(options: ServerOptions = {}, broker?: Broker, backend?: Backend, lock?: Lock) {
    const { live, logger, clock, eager, callTimeout, programName = defaultProgramName(), ...config } = options
    this.#options = options
    this.#config = resolveConfig(config)
    this.#clock = clock ?? systemClock
    this.#logger = guardLogger(logger ?? consoleLogger())
    this.#adapters = chooseAdapters(
      { ...(broker && { broker }), ...(backend && { backend }), ...(lock && { lock }) },
      this.#clock,
      eager === true ? ({ body }) => this.#runEagerly(body) : undefined,
    )
    checkDefaultQueue(this.#adapters.broker, this.#config.defaultQueue)
    ;({ wiring: this.#wiring, results: this.#results } = this.#wireBackend())
    ;({ sender: this.#sender, periodic: this.#periodicAdapters } = this.#wireSenders())
    this.#periodic = new PeriodicTasks({
      clock: this.#clock,
      logger: this.#logger,
      programName,
      adapters: () => this.#periodicAdapters,
    })
    const isEmbedded = broker === undefined && eager !== true
    if (isEmbedded && config.broker !== undefined && !config.broker.startsWith('eager')) {
      this.#logger.warn(
        `The configuration names the broker ${redactUrl(config.broker)}, but the server was given none: its tasks stay in this process. Pass a broker and a backend, or leave the URL out.`,
      )
    }
  }

  /**
   * Registers a task: by its definition, whose types the handler must have, or by name. Registering the same definition
   * again replaces its handler.
   * @throws TypeError when the name is empty or the handler is no function; ConfigurationError when another task has the
   * name, which Machinery replaces silently
   */
  registerTask(name: string, handler: UntypedHandler): void
  // The last overload is the one that the compiler's messages are about.
  registerTask<Args extends readonly ArgDescriptor[], Results extends readonly AnyDescriptor[]>(
    task: TaskDefinition<Args, Results>,
    handler: Handler<Args, Results>,
  ): void
  registerTask(task: TaskDefinition | string, handler: UntypedHandler): void {
    this.#registry.register(task as string, handler)
  }

  /** Registers several tasks by name: all of them, or none when one is wrong or its name is taken. */
  registerTasks(handlers: Readonly<Record<string, UntypedHandler>>): void {
    this.#registry.registerAll(handlers)
  }

  isTaskRegistered(name: string): boolean {
    return this.#registry.has(name)
  }

  /** @throws TaskNotRegisteredError */
  getRegisteredTask(name: string): RegisteredTask {
    const task = this.#registry.get(name)
    if (task === undefined) throw new TaskNotRegisteredError(name, this.getRegisteredTaskNames())
    return task
  }

  /** The names of all registered tasks, sorted. */
  getRegisteredTaskNames(): readonly string[] {
    return this.#registry.names()
  }

  getConfig(): Config {
    return this.#options.live?.current ?? this.#config
  }

  /** Replaces the configuration. What depends on it at construction (adapters) keeps the old one. */
  setConfig(config: ConfigInput): void {
    if (this.#options.live !== undefined) {
      throw new ConfigurationError('This server follows a live configuration. Change its source instead.')
    }
    this.#config = resolveConfig(config)
  }

  getBroker(): Broker {
    return this.#adapters.broker
  }

  /**
   * Sends through another broker from now on. Workers made before keep the one they had, which `close` closes too.
   * @throws ClosedError after `close`
   */
  setBroker(broker: Broker): void {
    this.#refuseClosed()
    this.#adapters = { ...this.#adapters, broker }
    ;({ sender: this.#sender, periodic: this.#periodicAdapters } = this.#wireSenders())
  }

  getBackend(): Backend {
    return this.#adapters.backend
  }

  /**
   * Stores and reads results elsewhere from now on. Workers and handles made before keep the backend they had, which `close`
   * closes too.
   * @throws ClosedError after `close`
   */
  setBackend(backend: Backend): void {
    this.#refuseClosed()
    this.#adapters = { ...this.#adapters, backend }
    ;({ wiring: this.#wiring, results: this.#results } = this.#wireBackend())
    ;({ sender: this.#sender, periodic: this.#periodicAdapters } = this.#wireSenders())
  }

  getLock(): Lock {
    return this.#adapters.lock
  }

  /**
   * Sets the hook that every signature passes right before it is published: single tasks, callbacks, retries and
   * members of groups. It may change the signature. What it throws is logged, and the signature is published all the same.
   * (Machinery calls it the server's `SetPreTaskHandler`.)
   * @throws TypeError when it is no function
   */
  setPrePublishHandler(handler: PrePublishHandler | undefined): void {
    if (handler !== undefined && typeof handler !== 'function') {
      throw new TypeError(
        `The pre-publish handler must be a function, got ${showValue(handler)}. Give one, or undefined for none.`,
      )
    }
    this.#prePublish = handler
  }

  /**
   * A worker on the default queue. `options`: how many tasks run at once, or all options.
   * @throws ConfigurationError when an option is unknown or out of bounds; ClosedError after `close`
   */
  newWorker(consumerTag: string, options: number | WorkerOptions = {}): Worker {
    this.#refuseClosed()
    const worker: Worker = new Worker({
      consumerTag,
      options: resolveWorkerOptions(givenWorkerOptions(consumerTag, options)),
      broker: guardBroker(this.#adapters.broker, this.#callTimeoutMs()),
      backend: this.#wiring.backend,
      canceller: this.#wiring.canceller,
      renewer: this.#wiring.renewer,
      sender: this.#sender,
      registry: this.#registry,
      clock: this.#clock,
      logger: this.#logger,
      noUnixSignals: this.getConfig().noUnixSignals,
      queue: () => this.getConfig().defaultQueue,
      onQuit: () => this.#workers.delete(worker),
    })
    this.#workers.add(worker)
    return worker
  }

  /** A worker on a queue of its own. */
  newCustomQueueWorker(consumerTag: string, concurrency: number, queue: string): Worker {
    return this.newWorker(consumerTag, { concurrency, queue })
  }

  /**
   * Sends a task. Resolves once the broker has confirmed it: from then on it runs at least once.
   * The signature stays as it is; sending one with the same UUID again is safe, since it is the same task.
   * @throws InvalidSignatureError or UnsupportedError before anything is stored; BackendError when nothing was published;
   * BrokerError with `outcome` `rejected` (not published) or `indeterminate` (unknown: send it again)
   */
  async sendTask<const S extends Signature>(
    signature: S extends Sendable<S> ? S : Sendable<S>,
  ): Promise<AsyncResult<ResultOf<S>>> {
    this.#refuseClosed()
    const plain: Signature = signature as S
    const sent = await this.#sender.send(plain)
    return this.#handle<S>(plain, sent)
  }

  /**
   * Sends many tasks in few calls to the broker and backend. Answers one handle per signature, in order.
   * @throws AggregateError when some could not be sent, whose `errors` are what `sendTask` would have thrown; its `cause`
   * holds the handles of the others, with undefined in the place of those that failed
   */
  async sendTasks<const S extends Signature>(
    signatures: readonly (S extends Sendable<S> ? S : Sendable<S>)[],
  ): Promise<AsyncResult<ResultOf<S>>[]> {
    this.#refuseClosed()
    if (!Array.isArray(signatures)) {
      throw new TypeError(
        `sendTasks() takes an array of signatures, got ${showValue(signatures)}. Use sendTask() for one.`,
      )
    }
    const plain: readonly Signature[] = signatures as readonly S[]
    const sent = await Promise.allSettled(plain.map((signature) => this.#sender.send(signature)))
    const errors = sent.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    const handles = sent.map((outcome, index) =>
      outcome.status === 'fulfilled' ? this.#handle<S>(plain[index] as Signature, outcome.value) : undefined,
    )
    if (errors.length > 0) {
      const first = describeError(errors[0])
      throw new AggregateError(
        errors,
        `${errors.length} of ${signatures.length} tasks were not sent; the first: ${first}`,
        { cause: handles },
      )
    }
    return handles as AsyncResult<ResultOf<S>>[]
  }

  /**
   * Sends a chain. Resolves once its first step is confirmed; each later one is sent by the worker that ran the one before.
   * @throws what `sendTask` throws
   */
  async sendChain<const W extends Chain>(
    workflow: W extends Sendable<W> ? W : Sendable<W>,
  ): Promise<ChainAsyncResult<ResultOf<W>>>
  async sendChain(workflow: SignatureChain): Promise<ChainAsyncResult>
  async sendChain(workflow: unknown): Promise<ChainAsyncResult> {
    return new ChainAsyncResult(this.#results, await this.#sendWorkflow('chain', workflow, {}))
  }

  /**
   * Sends a group: every member, at most `sendConcurrency` at a time.
   * @throws WorkflowNotSentError naming the members that could not be sent; the others are cancelled then
   */
  async sendGroup<const W extends Group>(
    workflow: W extends Sendable<W> ? W : Sendable<W>,
    sendConcurrency?: number,
    options?: SendWorkflowOptions,
  ): Promise<GroupAsyncResult<ResultOf<W>>>
  async sendGroup(
    workflow: SignatureGroup,
    sendConcurrency?: number,
    options?: SendWorkflowOptions,
  ): Promise<GroupAsyncResult>
  async sendGroup(
    workflow: unknown,
    sendConcurrency = 0,
    options: SendWorkflowOptions = {},
  ): Promise<GroupAsyncResult> {
    return new GroupAsyncResult(
      this.#results,
      await this.#sendWorkflow('group', workflow, { ...options, sendConcurrency }),
    )
  }

  /**
   * Sends a chord: its group's members, at most `sendConcurrency` at a time. The worker that ends the last member sends the
   * callback; when a member failed, the callback's `onError` instead.
   * @throws WorkflowNotSentError naming the members that could not be sent; the others are cancelled then
   */
  async sendChord<const W extends Chord>(
    workflow: W extends Sendable<W> ? W : Sendable<W>,
    sendConcurrency?: number,
    options?: SendWorkflowOptions,
  ): Promise<ChordAsyncResult<ResultOf<W>>>
  async sendChord(
    workflow: SignatureChord,
    sendConcurrency?: number,
    options?: SendWorkflowOptions,
  ): Promise<ChordAsyncResult>
  async sendChord(
    workflow: unknown,
    sendConcurrency = 0,
    options: SendWorkflowOptions = {},
  ): Promise<ChordAsyncResult> {
    return new ChordAsyncResult(
      this.#results,
      await this.#sendWorkflow('chord', workflow, { ...options, sendConcurrency }),
    )
  }

  /**
   * Sends a task again and again, as long as this server is open. `spec` is Machinery's: five fields such as `0 6 * * ?`,
   * `@daily`, `@every 90s`, each with an optional prefix `TZ=Europe/Paris `. Any number of servers may register the same: they
   * share each tick through the lock, with Machinery's schedulers too if `programName` is theirs, and a tick's UUIDs are
   * the same wherever it is sent, so it has one effect. The signature is copied; each run gets fresh UUIDs, and a `delay`
   * counts from the tick. `@every` counts from the epoch, so that all servers have the same ticks.
   * @param name unique among the periodic tasks of this server, and the same in all servers that share it
   * @throws ConfigurationError for a wrong spec, one that never fires, an unknown time zone, a name that is taken, or a
   * signature with an `eta`; what `sendTask` throws before anything is stored
   */
  async registerPeriodicTask<const S extends Signature>(
    spec: string,
    name: string,
    signature: S extends Sendable<S> ? S : Sendable<S>,
    options?: PeriodicOptions,
  ): Promise<void> {
    this.#refuseClosed()
    this.#periodic.register('task', spec, name, signature as S, options)
  }

  /** The same for a chain, or signatures in order. */
  async registerPeriodicChain<const W extends Chain>(
    spec: string,
    name: string,
    workflow: W extends Sendable<W> ? W : Sendable<W>,
    options?: PeriodicOptions,
  ): Promise<void>
  async registerPeriodicChain(
    spec: string,
    name: string,
    workflow: SignatureChain | readonly Signature[],
    options?: PeriodicOptions,
  ): Promise<void>
  async registerPeriodicChain(spec: string, name: string, workflow: unknown, options?: PeriodicOptions): Promise<void> {
    this.#refuseClosed()
    this.#periodic.register('chain', spec, name, workflow as Chain, options)
  }

  /** The same for a group, or signatures side by side. */
  async registerPeriodicGroup<const W extends Group>(
    spec: string,
    name: string,
    workflow: W extends Sendable<W> ? W : Sendable<W>,
    options?: PeriodicGroupOptions,
  ): Promise<void>
  async registerPeriodicGroup(
    spec: string,
    name: string,
    workflow: SignatureGroup | readonly Signature[],
    options?: PeriodicGroupOptions,
  ): Promise<void>
  async registerPeriodicGroup(
    spec: string,
    name: string,
    workflow: unknown,
    options?: PeriodicGroupOptions,
  ): Promise<void> {
    this.#refuseClosed()
    this.#periodic.register('group', spec, name, workflow as Group, options)
  }

  /** The same for a chord. */
  async registerPeriodicChord<const W extends Chord>(
    spec: string,
    name: string,
    workflow: W extends Sendable<W> ? W : Sendable<W>,
    options?: PeriodicGroupOptions,
  ): Promise<void>
  async registerPeriodicChord(
    spec: string,
    name: string,
    workflow: SignatureChord,
    options?: PeriodicGroupOptions,
  ): Promise<void>
  async registerPeriodicChord(
    spec: string,
    name: string,
    workflow: unknown,
    options?: PeriodicGroupOptions,
  ): Promise<void> {
    this.#refuseClosed()
    this.#periodic.register('chord', spec, name, workflow as Chord, options)
  }

  /** What is registered to run periodically on this server, in the order of registration. */
  listPeriodic(): readonly PeriodicInfo[] {
    return this.#periodic.list()
  }

  /** Ends a periodic registration of this server; others go on. What it has sent runs. False when there is none of that name. */
  removePeriodic(name: string): boolean {
    return this.#periodic.remove(name)
  }

  /** Starts no ticks of it on this server until it is resumed; others go on. False when there is none of that name. */
  pausePeriodic(name: string): boolean {
    return this.#periodic.pause(name)
  }

  /** Goes on, with the ticks that were missed inside the catch-up window. False when there is none of that name. */
  resumePeriodic(name: string): boolean {
    return this.#periodic.resume(name)
  }

  /**
   * A handle on a workflow that was sent before, here or in another process: from the JSON of its handle, parsed.
   * @throws TypeError when it is no such thing
   */
  workflowResult(handle: WorkflowHandle): WorkflowResult {
    checkHandle(handle)
    return new WorkflowResult(this.#results, fromHandle(handle))
  }

  /** A handle on a task that was sent before, here or in another process. */
  asyncResult(uuid: string): AsyncResult
  asyncResult<Args extends readonly ArgDescriptor[], Results extends readonly AnyDescriptor[]>(
    uuid: string,
    task: TaskDefinition<Args, Results>,
  ): AsyncResult<ResultValue<Results>>
  asyncResult(uuid: string, task?: TaskDefinition): AsyncResult {
    return new AsyncResult(this.#results, { uuid, ...(task && { results: task.results }) })
  }

  /** Deletes the record of a task: its result is gone, and the same UUID may be sent to run again. */
  async purgeState(uuid: string): Promise<void> {
    await this.#results.backend.deleteStates([uuid])
  }

  /**
   * Stops this server's periodic tasks, quits its workers, ends all waiting for results, and closes the adapters. What does
   * not close cleanly, within 5 s at most, is logged. Safe to call twice.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const deadlineMs = Math.min(this.#callTimeoutMs(), LONGEST_CLOSE_MS)
    const logger = this.#logger
    // What runs may end: both have time limits of their own, and need all the rest.
    await closeAll([{ what: 'periodic tasks', close: () => this.#periodic.close() }], NO_LIMIT, logger)
    const workers = [...this.#workers].map((worker) => ({
      what: `worker ${worker.consumerTag}`,
      close: () => worker.quit(),
    }))
    await closeAll(workers, NO_LIMIT, logger)
    const error = new ClosedError('The server')
    const waiters = [...this.#waiters].map((waiter) => ({ what: 'waiting', close: () => waiter.close(error) }))
    await closeAll(waiters, deadlineMs, logger)
    const adapters = [...this.#toClose].map(([adapter, what]) => ({ what, close: () => adapter.close() }))
    const live = { what: 'configuration', close: async () => this.#options.live?.close() }
    await closeAll([live, ...adapters], deadlineMs, logger)
  }

  #handle<S extends Signature>(signature: Signature, sent: Signature): AsyncResult<ResultOf<S>> {
    const { results } = localFacts(signature)
    return new AsyncResult(this.#results, { uuid: sent.uuid, eta: sent.eta, isSent: true, ...(results && { results }) })
  }

  async #sendWorkflow(
    kind: 'chain' | 'group' | 'chord',
    workflow: unknown,
    options: SendWorkflowOptions & { sendConcurrency?: number },
  ): Promise<CompiledWorkflow> {
    this.#refuseClosed()
    checkWorkflowKind(`send${kind[0]?.toUpperCase()}${kind.slice(1)}()`, kind, workflow)
    const { backend, canceller } = this.#wiring
    const parts = { sender: this.#sender, backend, canceller, clock: this.#clock, logger: this.#logger }
    return sendWorkflow(parts, workflow as Workflow | SignatureWorkflow, options)
  }

  #wireBackend(): { wiring: BackendWiring; results: ResultParts } {
    const { backend } = this.#adapters
    const wiring = wireBackend(backend, this.#clock, this.#callTimeoutMs())
    this.#toClose.set(backend, `${backend.name} backend`)
    this.#waiters.add(wiring.waiter)
    const results = {
      ...wiring,
      clock: this.#clock,
      defaultTimeoutMs: () => this.getConfig().resultsExpireIn * 1_000,
    }
    return { wiring, results }
  }

  #wireSenders(): { sender: Sender; periodic: PeriodicAdapters } {
    const { broker, lock } = this.#adapters
    const { backend, canceller, replyAddress } = this.#wiring
    this.#toClose.set(broker, `${broker.name} broker`)
    this.#toClose.set(lock, `${lock.name} lock`)
    const senderOptions: SenderOptions = {
      broker: guardBroker(broker, this.#callTimeoutMs()),
      backend,
      clock: this.#clock,
      logger: this.#logger,
      settings: () => this.getConfig(),
      prePublish: () => this.#prePublish,
      replyAddress,
    }
    return {
      sender: new Sender(senderOptions),
      periodic: {
        // Nobody waits for a periodic task where it was sent; so all schedulers send the same bytes.
        sender: new Sender({ ...senderOptions, replyAddress: undefined }),
        backend,
        canceller,
        clock: this.#clock,
        logger: this.#logger,
        lock: guardLock(lock, this.#callTimeoutMs()),
      },
    }
  }

  #runEagerly(body: Uint8Array): Promise<void> {
    // Tasks that send tasks and wait for them nest, so there is no limit to how many run at once.
    this.#eagerWorker ??= this.newWorker('eager', Number.MAX_SAFE_INTEGER)
    return this.#eagerWorker.process(body)
  }

  #callTimeoutMs(): number {
    return toMilliseconds(this.#options.callTimeout ?? '30s', 'callTimeout')
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw new ClosedError('The server')
  }
}
