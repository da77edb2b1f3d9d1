import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Lock } from '@machinery/core/adapter'
import { type Bench, type CaseGroup, type ConformanceCase, makeCases, skipUnless } from '../case.js'
import { registerCases } from '../register.js'
import { eventually, promptly, resolveTiming, sleep, type Timing, type TimingOptions } from '../timing.js'

export interface LockKitOptions extends TimingOptions {
  /**
   * Opens the lock under test. Called for every test, and twice in some: both are then clients of the same server.
   * The kit closes what it opened.
   */
  create(): Lock | Promise<Lock>
  /** Cuts the lock's connections from the server's side; the server goes on. Without it outages are skipped. */
  dropConnections?(): void | Promise<void>
}

/** Everything a lock must do, for runners of one's own. Each case works on a key of its own. */
export function lockCases(options: LockKitOptions): readonly ConformanceCase[] {
  return makeCases({ locking, outages, stopping }, () => LockBench.open(options))
}

/** Tests of everything a lock must do, for vitest. */
export function testLock(options: LockKitOptions): void {
  registerCases('lock', lockCases(options), 6 * resolveTiming(options).patienceMs)
}

class LockBench implements Bench {
  readonly key = `conformance-${randomUUID()} */5 * * * *`
  readonly options: LockKitOptions
  readonly timing: Timing
  readonly lock: Lock
  readonly #locks: Lock[] = []

  static async open(options: LockKitOptions): Promise<LockBench> {
    return new LockBench(options, await promptly(options.create(), resolveTiming(options).patienceMs, 'create()'))
  }

  private constructor(options: LockKitOptions, lock: Lock) {
    this.options = options
    this.timing = resolveTiming(options)
    this.lock = lock
    this.#locks.push(lock)
  }

  async openLock(): Promise<Lock> {
    const lock = await this.promptly(this.options.create(), 'create()')
    this.#locks.push(lock)
    return lock
  }

  acquire(
    owner: string,
    until: bigint = inMs(3_600_000),
    key: string = this.key,
    lock: Lock = this.lock,
  ): Promise<boolean> {
    return this.promptly(lock.acquire(key, { until, owner }), 'acquire()')
  }

  promptly<T>(promise: PromiseLike<T> | T, what: string): Promise<T> {
    return promptly(promise, this.timing.patienceMs, what)
  }

  async cleanUp(): Promise<void> {
    await this.promptly(Promise.all(this.#locks.map((lock) => lock.close())), 'close() of the lock')
  }
}

/** So many milliseconds from now, in nanoseconds, at the last nanosecond of that millisecond as Machinery's locks. */
function inMs(ms: number): bigint {
  return BigInt(Date.now() + ms) * 1_000_000n - 1n
}

const locking: CaseGroup<LockBench> = {
  'is taken by the first and refused to the others': async (bench) => {
    assert.equal(await bench.acquire('a'), true)
    assert.equal(await bench.acquire('b'), false)
    assert.equal(await bench.acquire('c', inMs(3_600_000), bench.key, await bench.openLock()), false)
  },

  'is taken by one of many who try at once': async (bench) => {
    const locks = [bench.lock, await bench.openLock()]
    const until = inMs(3_600_000)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => bench.acquire(`owner-${index}`, until, bench.key, locks[index % 2])),
    )
    assert.equal(answers.filter(Boolean).length, 1)
  },

  'is taken again by its owner': async (bench) => {
    const until = inMs(3_600_000)
    assert.equal(await bench.acquire('a', until), true)
    assert.equal(await bench.acquire('a', until), true)
    assert.equal(await bench.acquire('b', until), false)
  },

  'is prolonged by its owner, who takes it with a later end': async (bench) => {
    const { delayMs } = bench.timing
    assert.equal(await bench.acquire('a', inMs(delayMs)), true)
    assert.equal(await bench.acquire('a', inMs(3_600_000)), true)
    await sleep(delayMs + 50)
    assert.equal(await bench.acquire('b', inMs(3_600_000)), false, 'The lock ended at the first end.')
  },

  'is free again after its end, and not before': async (bench) => {
    const { delayMs, patienceMs } = bench.timing
    const until = inMs(delayMs)
    assert.equal(await bench.acquire('a', until), true)
    await eventually('a lock whose end has passed', delayMs + patienceMs, () => bench.acquire('b'))
    assert.ok(BigInt(Date.now()) * 1_000_000n > until, 'It was free before its end.')
    assert.equal(await bench.acquire('a'), false)
  },

  'keeps keys apart': async (bench) => {
    assert.equal(await bench.acquire('a', inMs(3_600_000), `${bench.key} one`), true)
    assert.equal(await bench.acquire('b', inMs(3_600_000), `${bench.key} two`), true)
  },

  'with an end in the past holds nobody up': async (bench) => {
    await bench.acquire('a', inMs(-60_000))
    await eventually('a lock whose end has passed', bench.timing.patienceMs, () => bench.acquire('b'))
    assert.equal(await bench.acquire('c'), false)
  },

  'takes the last nanosecond that 64 bits can tell': async (bench) => {
    assert.equal(await bench.acquire('a', 9_223_372_036_854_775_807n), true)
    assert.equal(await bench.acquire('b'), false)
  },
}

const outages: CaseGroup<LockBench> = {
  'locks again after its connections were cut, and keeps what was held': async (bench) => {
    const { dropConnections } = bench.options
    skipUnless(dropConnections !== undefined, 'the kit was given no dropConnections()')
    assert.equal(await bench.acquire('a'), true)
    await bench.promptly(dropConnections(), 'dropConnections()')
    await eventually('a lock repeated by its owner after a cut', bench.timing.patienceMs, async () => {
      return bench.acquire('a').catch((error: Error) => {
        if (error.name === 'HangError') throw error
        return undefined
      })
    })
    assert.equal(await bench.acquire('b'), false)
  },
}

const stopping: CaseGroup<LockBench> = {
  'closing twice, also at the same time, settles': async (bench) => {
    await bench.acquire('a')
    await bench.promptly(Promise.all([bench.lock.close(), bench.lock.close()]), 'close(), twice')
    await bench.promptly(bench.lock.close(), 'close() of a closed lock')
  },

  'closing keeps what was taken': async (bench) => {
    assert.equal(await bench.acquire('a'), true)
    const other = await bench.openLock()
    await bench.promptly(bench.lock.close(), 'close()')
    assert.equal(await bench.acquire('b', inMs(3_600_000), bench.key, other), false)
  },

  'taking a lock after close rejects promptly': async (bench) => {
    await bench.promptly(bench.lock.close(), 'close()')
    await assert.rejects(bench.acquire('a'), (error: Error) => error.name !== 'HangError')
  },
}
