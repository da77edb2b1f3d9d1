import { randomUUID } from 'node:crypto'
import type { Backend, Broker, CancelNotifier, Clock, Logger, RecordRenewer } from '../contracts/index.js'
import { ClosedError, describeError, WorkerQuitError } from '../errors/index.js'
import type { Sender } from '../sending/index.js'
import type { Signature } from '../signature/index.js'
import { showValue, type TaskRegistry } from '../task/index.js'
import type { Duration } from '../time/index.js'
import { toMilliseconds, withDeadline } from '../time/index.js'
import { callHook } from './call-hook.js'
import { ConsumeLoop } from './consume-loop.js'
import type { WorkerHandlers } from './handlers.js'
import { processInline } from './inline-settler.js'
import { listenToProcess } from './process-events.js'
import type { ResolvedWorkerOptions } from './worker-options.js'
import { Workload } from './workload.js'

/** How long a broker may take to end a fetch that was told to stop, in milliseconds. */
const STOP_FETCHING_MS = 3_000

/** What a worker is made of; `server.newWorker` knows it all. */
export interface WorkerParts {
  readonly consumerTag: string
  readonly options: ResolvedWorkerOptions
  readonly broker: Broker
  readonly backend: Backend
  /** Carries cancellations, where the backend can. */
  readonly canceller: CancelNotifier | undefined
  /** Keeps records of long tasks from expiring, where the backend can. */
  readonly renewer: RecordRenewer | undefined
  readonly sender: Sender
  readonly registry: TaskRegistry
  readonly clock: Clock
  readonly logger: Logger
  /** Whether to leave SIGTERM, SIGINT and stray exceptions to the program. */
  readonly noUnixSignals: boolean
  /** Told when the worker has quit. */
  readonly onQuit: () => void
  /** The queue to read, as configured when the worker starts. */
  readonly queue: () => string
}

/**
 * Runs tasks from one queue. Made by `server.newWorker(…)`; each worker runs once, from `launch()` to `quit()`.
 */
export class Worker implements AsyncDisposable {
  /** Who reads, in the broker's listings and in logs. */
  readonly consumerTag: string
  /** How many tasks run at once. */
  readonly concurrency: number

  readonly #parts: WorkerParts
  readonly #handlers: WorkerHandlers = {}
  readonly #workload: Workload
  #launching: Promise<void> | undefined
  #quitting: Promise<void> | undefined
  #loop: ConsumeLoop | undefined
  #consuming: Promise<void> | undefined
  readonly #hasQuit = Promise.withResolvers<void>()
  /** Ends inline processing that the worker gave up. */
  readonly #inline = new Set<(error: Error) => void>()

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.consumerTag = parts.consumerTag
    this.concurrency = parts.options.concurrency
    this.#workload = new Workload({
      ...parts,
      handlers: this.#handlers,
      owner: `${parts.consumerTag}:${randomUUID()}`,
      onOverfull: () => this.#loop?.interrupt(),
    })
  }

  /** The queue this worker was made for; empty: the default queue. */
  get customQueue(): string {
    return this.#parts.options.queue
  }

  /** Called with the error of each task that failed for good and with each broker failure, instead of a log line. */
  setErrorHandler(handler: (error: unknown) => void): void {
    this.#handlers.error = functionGiven('error', handler)
  }

  /** Called right before each task function. */
  setPreTaskHandler(handler: (signature: Signature) => void): void {
    this.#handlers.preTask = functionGiven('pre-task', handler)
  }

  /** Called when the handling of a task ended: after its states, callbacks, retry and chord. */
  setPostTaskHandler(handler: (signature: Signature) => void): void {
    this.#handlers.postTask = functionGiven('post-task', handler)
  }

  /** Asked before each fetch whether to fetch now; false is asked again after 100 ms. */
  setPreConsumeHandler(handler: (worker: Worker) => boolean): void {
    const given = functionGiven('pre-consume', handler)
    this.#handlers.preConsume = () => given(this)
  }

  /**
   * Runs tasks until `quit()`, SIGTERM or SIGINT, then drains and resolves. Broker outages are waited out.
   * Rejects with {@link WorkerQuitError} when running tasks had to be given back, after a second signal or the drain
   * timeout, and with what was thrown when an exception that nobody caught made it drain and stop: left to Node, either
   * ends the process with exit code 1. With `noUnixSignals`, signals and stray exceptions are left to the program.
   * @throws ClosedError when this worker quit before
   */
  launch(): Promise<void> {
    if (this.#quitting !== undefined) return Promise.reject(new ClosedError(`Worker ${this.consumerTag}`))
    this.#launching ??= this.#launch()
    return this.#launching
  }

  /**
   * Stops fetching, gives back what did not start, waits for running tasks and closes. What still runs after
   * `drainTimeout` has its signal aborted, and its messages go back to the queue. Safe to call at any time, and twice.
   */
  quit(options: { readonly drainTimeout?: Duration } = {}): Promise<void> {
    const drainMs =
      options.drainTimeout === undefined
        ? this.#parts.options.drainTimeoutMs
        : toMilliseconds(options.drainTimeout, 'drainTimeout')
    if (this.#quitting !== undefined) this.#workload.hurry(drainMs)
    this.#quitting ??= this.#quit(drainMs)
    return this.#quitting
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quit()
  }

  /**
   * Handles one message body as if it had been delivered: what a broker that runs tasks inline calls.
   * Resolves when the task ended and all that follows was sent.
   * @throws when the message would have been given back or parked instead
   */
  process(body: Uint8Array): Promise<void> {
    return processInline(body, (delivery, settler) => this.#workload.accept([delivery], settler), this.#inline)
  }

  async #launch(): Promise<void> {
    const crash: { error?: unknown; happened: boolean } = { happened: false }
    const stopListening = this.#parts.noUnixSignals ? () => undefined : this.#listen(crash)
    // Some brokers hold nothing that keeps a process alive: a launched worker does, until it quit.
    const keepAlive = setInterval(() => undefined, 2 ** 30)
    try {
      this.#loop = this.#newLoop()
      this.#consuming = this.#loop.run()
      // A broker that never ends its fetch must not keep the launch from ending when the worker has quit.
      await Promise.race([this.#consuming, this.#hasQuit.promise])
      await this.quit()
    } finally {
      clearInterval(keepAlive)
      stopListening()
    }
    if (crash.happened) throw crash.error
    if (this.#workload.isAbandoned) throw new WorkerQuitError()
  }

  async #quit(drainMs: number): Promise<void> {
    this.#loop?.stop()
    // An adapter that overlooks the signal must not keep the worker from quitting.
    const overdue = () =>
      new Error(`the ${this.#parts.broker.name} broker did not end its fetch within ${STOP_FETCHING_MS} ms`)
    await withDeadline(this.#consuming ?? Promise.resolve(), STOP_FETCHING_MS, overdue).catch((error: unknown) =>
      this.#parts.logger.warn(`Quitting without waiting for it: ${describeError(error)}`),
    )
    await this.#workload.drain(drainMs)
    const late = () =>
      new Error(`the ${this.#parts.broker.name} broker did not close the consumer within ${STOP_FETCHING_MS} ms`)
    await withDeadline(this.#loop?.close() ?? Promise.resolve(), STOP_FETCHING_MS, late).catch((error: unknown) =>
      this.#parts.logger.warn(`Quitting without waiting for it: ${describeError(error)}`),
    )
    for (const end of this.#inline) end(new WorkerQuitError())
    this.#hasQuit.resolve()
    this.#parts.onQuit()
    this.#parts.logger.info(`Worker ${this.consumerTag} quit`)
  }

  #newLoop(): ConsumeLoop {
    const { broker, clock, logger, options, queue } = this.#parts
    const name = options.queue === '' ? queue() : options.queue
    this.#warnOfLongTasks()
    logger.info(
      `Worker ${this.consumerTag} starts: queue ${name} of the ${broker.name} broker, ${this.concurrency} tasks at once`,
    )
    return new ConsumeLoop({
      broker,
      clock,
      logger,
      queue: name,
      consumerTag: this.consumerTag,
      concurrency: this.concurrency,
      maxUnsettled: Workload.maxUnsettled(this.concurrency),
      room: (signal) => this.#workload.room(signal),
      mayConsume: () => this.#mayConsume(),
      accept: (deliveries, settler) => this.#workload.accept(deliveries, settler),
      onError: (error) => this.#reportBrokerError(error),
    })
  }

  #warnOfLongTasks(): void {
    const { broker, logger, registry } = this.#parts
    const { maxUnsettledMs = Number.POSITIVE_INFINITY } = broker.capabilities
    for (const name of registry.names()) {
      const timeoutMs = registry.get(name)?.definition?.timeoutMs ?? 0
      if (timeoutMs <= maxUnsettledMs) continue
      logger.warn(
        `Task ${name} may run for ${timeoutMs} ms, but the ${broker.name} broker takes messages back that are not settled within ${maxUnsettledMs} ms: it would run again. Shorten its timeout, or raise the broker's.`,
      )
    }
  }

  #reportBrokerError(error: unknown): void {
    const { logger, broker } = this.#parts
    if (this.#handlers.error === undefined) {
      logger.error(`Broker failed with error: ${describeError(error)} (${broker.name}; connecting again)`)
    } else callHook(logger, 'error handler', () => this.#handlers.error?.(error))
  }

  #mayConsume(): boolean {
    try {
      return this.#handlers.preConsume?.() ?? true
    } catch (error) {
      this.#parts.logger.error(`The pre-consume handler threw, and is asked again: ${describeError(error)}`)
      return false
    }
  }

  #listen(crash: { error?: unknown; happened: boolean }): () => void {
    const { logger } = this.#parts
    return listenToProcess({
      onSignal: (signal, count) => {
        if (count === 1) {
          logger.info(`Received ${signal}: finishing running tasks. Send it again to quit at once.`)
          void this.quit()
        } else {
          logger.warn(`Received ${signal} again: giving running tasks back and quitting.`)
          void this.quit({ drainTimeout: 0 })
        }
      },
      onCrash: (error) => {
        logger.error(`Nobody caught this error; the worker finishes running tasks and stops: ${describeError(error)}`)
        if (!crash.happened) crash.error = error
        crash.happened = true
        void this.quit()
      },
    })
  }
}

/** @throws TypeError for what is no function, as from JavaScript */
function functionGiven<Handler>(which: string, handler: Handler): Handler {
  if (typeof handler === 'function') return handler
  throw new TypeError(`The ${which} handler must be a function, got ${showValue(handler)}.`)
}
