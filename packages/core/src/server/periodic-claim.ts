import { randomUUID } from 'node:crypto'
import type { Clock, Lock } from '../contracts/index.js'
import { LockError } from '../errors/index.js'
import { lockKey, lockUntil, tickLockKey } from '../schedule/index.js'
import { sleep } from '../time/index.js'
import type { PeriodicRegistration } from './periodic-options.js'

/** How often a lock is asked before it counts as unreachable. */
const ATTEMPTS = 3
/** For how long, in milliseconds: what is late for want of a lock must still be in time. */
const LONGEST_ASKING_MS = 5_000
/** For how long an answer may be there and not be read, in milliseconds. */
const UNREAD_ANSWER_MS = 100
/** The longest pause between two attempts, in milliseconds: short, as the tick is waiting, and spread. */
const LONGEST_PAUSE_MS = 500
/** A lock that was taken twice by the same owner is a success: all schedulers of this library are one, against those in Go. */
const FLEET = 'machinery-ts'
/** How long it is remembered that a tick was dealt with, beyond its catch-up window: clocks may jump that far. */
const REMEMBERED_MS = 7_200_000
const LONGEST_LEASE_MS = 20_000

export interface TickClaimOptions {
  readonly lock: Lock
  readonly clock: Clock
  readonly programName: string
  readonly registration: PeriodicRegistration
  readonly tick: Date
  readonly signal: AbortSignal
}

/**
 * The right to send one tick, in two steps. The first lock is Machinery's own, one for all ticks of a registration:
 * it decides between Go and this library. The second is private to this library and to the tick: who takes it has the
 * tick for the time of a lease, and for good once it was sent. So when a scheduler dies in between, another can tell,
 * which Machinery's lock alone does not show.
 *
 * Every method throws LockError when the lock cannot be reached; `winFromGo` and `take` throw the reason of `signal` as soon
 * as it aborts.
 */
export class TickClaim {
  readonly #options: TickClaimOptions
  readonly #key: string
  /** One for each claim, so that a tick which comes again after the clock was put back is somebody else's. */
  readonly #owner = randomUUID()
  #leaseEndsAt = 0

  constructor(options: TickClaimOptions) {
    this.#options = options
    const { programName, registration, tick } = options
    this.#key = tickLockKey(programName, registration.name, registration.schedule.spec, tick)
  }

  /** How long a claim holds without `settle`: so short that others may still take over inside the catch-up window. */
  get leaseMs(): number {
    const third = this.#options.registration.catchUpMs / 3
    return Math.min(LONGEST_LEASE_MS, Math.max(1_000, Math.floor(third)))
  }

  /** Whether the lease has run out, so that others may have the tick by now. */
  get isOver(): boolean {
    return this.#options.clock.now() >= this.#leaseEndsAt
  }

  /** Takes Machinery's lock for the schedulers of this library; false when one in Go has it. */
  winFromGo(): Promise<boolean> {
    const { programName, registration, tick } = this.#options
    const { name, schedule } = registration
    const until = lockUntil(schedule, tick)
    return this.#acquire(lockKey(programName, name, schedule.spec), () => until, FLEET, this.#options.signal)
  }

  /** Takes the tick for a lease; false when another scheduler has it or had it. */
  async take(): Promise<boolean> {
    let leaseEndsAt = 0
    const until = (): bigint => {
      leaseEndsAt = this.#options.clock.now() + this.leaseMs
      return nanoseconds(leaseEndsAt)
    }
    const isTaken = await this.#acquire(this.#key, until, this.#owner, this.#options.signal)
    if (isTaken) this.#leaseEndsAt = leaseEndsAt
    return isTaken
  }

  /** Nothing is left to do for the tick: nobody else needs to look after it. Goes on when the signal aborts. */
  async settle(): Promise<void> {
    const { registration, tick } = this.#options
    const until = nanoseconds(tick.getTime() + registration.catchUpMs + REMEMBERED_MS)
    await this.#acquire(this.#key, () => until, this.#owner)
  }

  async #acquire(key: string, until: () => bigint, owner: string, signal?: AbortSignal): Promise<boolean> {
    const { clock, lock } = this.#options
    const giveUpAt = clock.now() + Math.min(LONGEST_ASKING_MS, this.leaseMs)
    for (let attempt = 1; ; attempt++) {
      try {
        const asking = lock.acquire(key, { until: until(), owner })
        return await unlessAborted(this.#unlessLate(asking, giveUpAt - clock.now()), signal)
      } catch (error) {
        if (!(error instanceof LockError) || !error.retryable || attempt === ATTEMPTS) throw error
      }
      await sleep(clock, Math.random() * LONGEST_PAUSE_MS, signal)
    }
  }

  #unlessLate(asking: Promise<boolean>, waitMs: number): Promise<boolean> {
    const { clock, lock } = this.#options
    return new Promise((resolve, reject) => {
      const late = (): void =>
        reject(
          new LockError(`The ${lock.name} lock did not answer in time.`, {
            operation: 'acquire',
            outcome: 'indeterminate',
            retryable: false,
          }),
        )
      let cancel = clock.setTimer(
        () => {
          // A process that stood still finds its timers due before it reads what was answered meanwhile.
          cancel = clock.setTimer(late, UNREAD_ANSWER_MS)
        },
        Math.max(0, waitMs),
      )
      asking.then(resolve, reject).finally(() => cancel())
    })
  }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1_000_000n - 1n
}

/** What `promise` gives, or the reason of `signal` at once when it aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
