import type { Backend, Clock, ResultNotifier, TaskState } from '../contracts/index.js'
import { BackendError, describeError } from '../errors/index.js'

/** The pauses between two looks at one state, in milliseconds: short at first, as most results are there soon. */
const FIRST_POLL_MS = 5
const LONGEST_POLL_MS = 500
/** Who has waited for long can wait a little longer: the pause may be this part of it, up to half a minute. */
const PART_OF_WAITING = 1 / 50
const LONGEST_OF_ALL_MS = 30_000
/** Where the backend pushes results, polling is only the net: for workers that do not push, and for lost pushes. */
const FIRST_POLL_BEHIND_PUSH_MS = 100
/** A backend that answers nothing but errors for this long ends the waiting, in milliseconds. */
const GIVE_UP_AFTER_MS = 30_000

/** The states that a watch has asked for in a round, by UUID; undefined where there is no record. */
export type ReadStates = ReadonlyMap<string, TaskState | undefined>

/** What a look came to: `enough` ends the watch, after `look again` the next one comes without a pause. */
export type Seen = 'enough' | 'not enough' | 'look again'

/** Looks at the states of some tasks, and says whether that is enough. */
interface Watch {
  /** Which tasks to look at in the next round, given those that were told to have ended since the last one. */
  readonly uuids: (told: ReadonlySet<string>) => readonly string[]
  /** Every task it may ever look at: what pushes are matched with. */
  readonly all: readonly string[]
  /** Called with what was read. */
  readonly look: (states: ReadStates) => Seen
  readonly fail: (error: unknown) => void
  readonly since: number
  pauseMs: number
  dueAt: number
  told: Set<string>
}

/**
 * Waits for states on behalf of everybody in this process: one read per round for all who wait, woken early where the
 * backend pushes.
 */
export class ResultWaiter {
  readonly #backend: Backend
  readonly #clock: Clock
  readonly #notifier: ResultNotifier | undefined
  readonly #watches = new Set<Watch>()
  readonly #byUuid = new Map<string, Set<Watch>>()
  #cancelTimer: (() => void) | undefined
  #isReading = false
  /** Since when reads have failed, and with what last. */
  #failing: { readonly since: number; readonly error: unknown } | undefined
  #subscription: Promise<() => Promise<void>> | undefined
  #isPushed = false
  #closedBy: Error | undefined

  /**
   * @param backend guarded with deadlines
   * @param notifier pushes results, where the backend can; guarded too
   */
  constructor(backend: Backend, notifier: ResultNotifier | undefined, clock: Clock) {
    this.#backend = backend
    this.#clock = clock
    this.#notifier = notifier
  }

  /**
   * Calls `look` with the states of `uuids()`, soon and whenever they may have changed, until it is enough. Nothing is
   * called before this returns.
   * @param all every UUID that `uuids` may ever name
   */
  watch(
    all: readonly string[],
    uuids: Watch['uuids'],
    look: Watch['look'],
    fail: (error: unknown) => void,
  ): () => void {
    const closedBy = this.#closedBy
    if (closedBy !== undefined) {
      queueMicrotask(() => fail(closedBy))
      return () => undefined
    }
    this.#subscribe()
    const pauseMs = this.#isPushed ? FIRST_POLL_BEHIND_PUSH_MS : FIRST_POLL_MS
    const now = this.#clock.now()
    const watch: Watch = { uuids, all, look, fail, since: now, pauseMs, dueAt: now, told: new Set() }
    this.#watches.add(watch)
    for (const uuid of all) {
      const watches = this.#byUuid.get(uuid)
      if (watches === undefined) this.#byUuid.set(uuid, new Set([watch]))
      else watches.add(watch)
    }
    this.#schedule()
    return () => this.#end(watch)
  }

  /** What the last reading failed with; undefined where it worked, or nobody waits. */
  get failure(): unknown {
    return this.#failing?.error
  }

  /** Ends every watch with `error`, those that begin later too, and the subscription. Never rejects. */
  async close(error: Error): Promise<void> {
    this.#closedBy = error
    for (const watch of [...this.#watches]) {
      this.#end(watch)
      watch.fail(error)
    }
    try {
      const unsubscribe = await this.#subscription
      await unsubscribe?.()
    } catch {
      // It ends with the connection of the backend, then.
    }
  }

  #subscribe(): void {
    if (this.#notifier === undefined || this.#subscription !== undefined) return
    this.#subscription = this.#notifier.onResults((uuids) => this.#wake(uuids))
    this.#subscription.then(
      () => {
        this.#isPushed = true
      },
      () => {
        // Polling goes on; the next one who waits tries to subscribe again.
        this.#subscription = undefined
      },
    )
  }

  #wake(uuids: readonly string[]): void {
    let isAwaited = false
    for (const uuid of uuids) {
      for (const watch of this.#byUuid.get(uuid) ?? []) {
        watch.told.add(uuid)
        watch.dueAt = this.#clock.now()
        isAwaited = true
      }
    }
    if (isAwaited) this.#schedule()
  }

  #schedule(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#isReading || this.#watches.size === 0) return
    const now = this.#clock.now()
    let dueAt = Number.POSITIVE_INFINITY
    for (const watch of this.#watches) {
      // Further away than its pause only where the clock was put back.
      watch.dueAt = Math.min(watch.dueAt, now + watch.pauseMs)
      dueAt = Math.min(dueAt, watch.dueAt)
    }
    const waitMs = dueAt - now
    if (waitMs <= 0) {
      this.#isReading = true
      queueMicrotask(() => void this.#round())
    } else {
      this.#cancelTimer = this.#clock.setTimer(() => this.#schedule(), waitMs)
    }
  }

  async #round(): Promise<void> {
    const now = this.#clock.now()
    const due = [...this.#watches].filter((watch) => watch.dueAt <= now)
    const asked = new Map(due.map((watch) => [watch, watch.uuids(watch.told)]))
    const uuids = [...new Set([...asked.values()].flat())]
    for (const watch of due) {
      const longest = Math.max(LONGEST_POLL_MS, Math.min((now - watch.since) * PART_OF_WAITING, LONGEST_OF_ALL_MS))
      watch.pauseMs = Math.min(watch.pauseMs * 2, longest)
      watch.dueAt = now + watch.pauseMs
      watch.told = new Set()
    }
    try {
      const states = await this.#backend.readStates(uuids)
      this.#failing = undefined
      const byUuid = new Map(uuids.map((uuid, index) => [uuid, states[index]]))
      for (const [watch, own] of asked) {
        if (!this.#watches.has(watch)) continue
        // Its own only: the failure of another's task is not its business, nor is the work of looking at it.
        const seen = asked.size === 1 ? byUuid : new Map(own.map((uuid) => [uuid, byUuid.get(uuid)]))
        const result = watch.look(seen)
        if (result === 'enough') this.#end(watch)
        else if (result === 'look again') watch.dueAt = now
      }
    } catch (error) {
      const since = Math.min(this.#failing?.since ?? now, now)
      if (this.#watches.size > 0) this.#failing = { since, error }
      if (this.#clock.now() - since >= GIVE_UP_AFTER_MS) this.#giveUp(due, error)
    } finally {
      this.#isReading = false
      this.#schedule()
    }
  }

  #giveUp(watches: readonly Watch[], cause: unknown): void {
    const text = `Results cannot be read: the ${this.#backend.name} backend has failed for ${GIVE_UP_AFTER_MS} ms: ${describeError(cause)}`
    for (const watch of watches) {
      this.#end(watch)
      watch.fail(new BackendError(text, { operation: 'readStates', outcome: 'indeterminate', retryable: true, cause }))
    }
  }

  #end(watch: Watch): void {
    if (!this.#watches.delete(watch)) return
    for (const uuid of watch.all) {
      const watches = this.#byUuid.get(uuid)
      watches?.delete(watch)
      if (watches?.size === 0) this.#byUuid.delete(uuid)
    }
    if (this.#watches.size > 0) return
    this.#schedule()
    // Without anybody who waits, nobody has seen whether the backend went on failing.
    this.#failing = undefined
  }
}
