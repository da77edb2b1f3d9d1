import type { BatchEntry } from '../batch/index.js'
import type { Clock, Logger, StateSaved, StateWrite, TaskState } from '../contracts/index.js'
import { describeError, isMachineryError, UnsupportedError } from '../errors/index.js'
import { reconnectBackoff } from '../retry/index.js'
import type { StateWriter } from '../sending/index.js'
import { sleep } from '../time/index.js'

/** Thrown inside a worker that stops before an outage ended: the message is not acknowledged and comes again. */
export class AbandonedError extends Error {}

/** How often a message or state is refused, while others are taken, before it counts as one that never will be. */
const MOST_REFUSALS = 5

class RefusedError extends UnsupportedError {
  constructor(cause: unknown) {
    super(describeError(cause), { cause })
  }
}

/** The backend answered that it does not take this state: it may be full, or something else may lie in its place. */
class StateRefusedError extends Error {
  constructor(cause: unknown) {
    super(describeError(cause), { cause })
  }
}

/**
 * Carries out what must be done before a message may be acknowledged: again and again, with back-off, while a broker or
 * backend is away. The worker fetches nothing meanwhile.
 */
export class Persistence {
  readonly #states: StateWriter
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #onRecovered: () => void
  readonly #lastPublishedAt: () => number
  readonly #abandoned = new AbortController()
  #stuck = 0

  constructor(parts: {
    states: StateWriter
    clock: Clock
    logger: Logger
    onRecovered: () => void
    /** When the broker last took a message, as `performance.now()` tells it. */
    lastPublishedAt: () => number
  }) {
    this.#states = parts.states
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#onRecovered = parts.onRecovered
    this.#lastPublishedAt = parts.lastPublishedAt
  }

  /** Whether something waits for a broker or backend to come back. */
  get isStuck(): boolean {
    return this.#stuck > 0
  }

  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted
  }

  /** Gives up all that waits, now and later. */
  abandon(): void {
    this.#abandoned.abort()
  }

  /**
   * Waits a while.
   * @throws AbandonedError when the worker gave up
   */
  async pause(ms: number): Promise<void> {
    await sleep(this.#clock, ms, this.#abandoned.signal).catch(() => undefined)
    if (this.#abandoned.signal.aborted) throw new AbandonedError()
  }

  /**
   * Stores a state and answers what is stored in the end: `write.state`, or the terminal state that was there before.
   * @throws AbandonedError when the worker gave up
   */
  async save(write: StateWrite, earlier?: BatchEntry<StateWrite, StateSaved>): Promise<TaskState> {
    if (this.#abandoned.signal.aborted) throw new AbandonedError()
    const first = await settle(this.#states.supersede(earlier, write))
    if (first.status === 'stored') return write.state
    if (first.status === 'kept') return first.state
    return this.untilDone(`store ${write.state.state} of task ${write.state.taskUuid}`, async () => {
      const saved = await settle(this.#states.save(write))
      if (saved.status === 'stored') return write.state
      if (saved.status === 'kept') return saved.state
      // What no backend of its kind could keep is refused the next time, too.
      const mayHelp = !isMachineryError(saved.error, 'MACHINERY_INVALID_ARGUMENT')
      throw saved.status === 'rejected' && mayHelp ? new StateRefusedError(saved.error) : saved.error
    })
  }

  /**
   * Repeats `action` until it succeeds.
   * @throws AbandonedError when the worker gave up
   * @throws what `action` threw, when a repetition cannot mend it: what was asked for is not possible, or the broker or
   * backend goes on refusing this one message or state while it takes others
   */
  async untilDone<Result>(what: string, action: () => Promise<Result>): Promise<Result> {
    const backoff = reconnectBackoff()
    const refusals = { count: 0, since: 0 }
    let isCounted = false
    try {
      for (;;) {
        if (this.#abandoned.signal.aborted) throw new AbandonedError()
        try {
          return await action()
        } catch (error) {
          if (error instanceof AbandonedError || isPermanent(error)) throw error
          const lastTakenAt = this.#lastTakenAt(error)
          const isRefused = lastTakenAt !== undefined
          if (isRefused) {
            if (refusals.count++ === 0) refusals.since = performance.now()
            if (refusals.count >= MOST_REFUSALS && lastTakenAt > refusals.since) throw new RefusedError(error)
          }
          // Only what is away stops the worker: a message or state that is refused must not, though there was no answer at
          // first, as from a broker that is full.
          if (isCounted === isRefused) {
            isCounted = !isRefused
            this.#countStuck(isCounted ? 1 : -1)
          }
          const delayMs = backoff.next()
          this.#logger.warn(`Could not ${what}; trying again in ${Math.round(delayMs)} ms: ${describeError(error)}`)
          await this.pause(delayMs)
        }
      }
    } finally {
      if (isCounted) this.#countStuck(-1)
    }
  }

  /** For what was refused: when the last thing of its kind was taken, as `performance.now()` tells it. */
  #lastTakenAt(error: unknown): number | undefined {
    if (error instanceof StateRefusedError) return this.#states.lastStoredAt
    const isRejected = isMachineryError(error, 'MACHINERY_BROKER') && 'outcome' in error && error.outcome === 'rejected'
    return isRejected ? this.#lastPublishedAt() : undefined
  }

  #countStuck(change: 1 | -1): void {
    this.#stuck += change
    if (this.#stuck === 0) this.#onRecovered()
  }
}

async function settle(entry: BatchEntry<StateWrite, StateSaved>): Promise<StateSaved> {
  try {
    return await entry.answer
  } catch (error) {
    return { status: 'indeterminate', error }
  }
}

const permanent = ['MACHINERY_UNSUPPORTED', 'MACHINERY_INVALID_SIGNATURE', 'MACHINERY_INVALID_ARGUMENT'] as const

/** Whether a repetition would fail the same way: what was asked for cannot be done. */
export function isPermanent(error: unknown): boolean {
  return permanent.some((code) => isMachineryError(error, code))
}
