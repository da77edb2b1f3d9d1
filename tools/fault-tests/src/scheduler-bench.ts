import { startRedis, type TestServer } from '@machinery-internal/test-servers'
import { Bench } from './bench.js'
import type { RedisRig } from './rigs/redis-rig.js'
import { type SchedulerTime, timeOf } from './scheduler-clock.js'
import type { SchedulerConfig } from './scheduler-config.js'
import { SchedulerHandle, type SentTick } from './scheduler-handle.js'
import { until } from './until.js'

/** How long a scheduler may take to end, in milliseconds. */
const exitMs = 5_000

export type SchedulerSettings = Pick<SchedulerConfig, 'periodic' | 'fault'> & { readonly offsetMs?: number }

/** One experiment with schedulers: processes that share a fast clock, a server for their locks, and one worker. */
export class SchedulerBench implements AsyncDisposable {
  readonly bench: Bench
  readonly locks: TestServer
  readonly schedulers: SchedulerHandle[] = []
  readonly #rig: RedisRig
  readonly #time: Omit<SchedulerTime, 'offsetMs'>

  /**
   * @param id of the fault matrix
   * @param start what the clock says at first (default: the real time)
   * @param speed how many times faster than real time it goes
   * @param standsMs for how long it stands still at first, so that schedulers can start (real milliseconds)
   */
  static async open(
    rig: RedisRig,
    id: string,
    {
      start = new Date(),
      speed,
      standsMs = 0,
    }: { readonly start?: Date; readonly speed: number; readonly standsMs?: number },
  ): Promise<SchedulerBench> {
    const locks = await startRedis({ args: ['--requirepass', rig.secret] })
    const bench = await Bench.open(rig, id)
    // One: copies of a message that two have at the same time run twice.
    await bench.worker({ concurrency: 10 })
    return new SchedulerBench(rig, bench, locks, { realStart: Date.now() + standsMs, start: start.getTime(), speed })
  }

  private constructor(rig: RedisRig, bench: Bench, locks: TestServer, time: Omit<SchedulerTime, 'offsetMs'>) {
    this.#rig = rig
    this.bench = bench
    this.locks = locks
    this.#time = time
  }

  /** What the clock says where it is right (epoch ms). */
  now(): number {
    return timeOf(this.#time)
  }

  async scheduler({ offsetMs = 0, ...settings }: SchedulerSettings): Promise<SchedulerHandle> {
    const { queue } = this.bench
    const scheduler = await SchedulerHandle.start({
      ...settings,
      adapters: this.#rig.config({}, { defaultQueue: queue }),
      queue,
      lockUrl: `redis://:${this.#rig.secret}@127.0.0.1:${this.locks.port}`,
      time: { ...this.#time, offsetMs },
    })
    this.schedulers.push(scheduler)
    return scheduler
  }

  /** All that was sent so far, by whomever. */
  sent(): readonly SentTick[] {
    return this.schedulers.flatMap((scheduler) => scheduler.sent())
  }

  /** The ticks that were sent at least once, in order. */
  ticks(): readonly string[] {
    return [...new Set(this.sent().map(({ tick }) => tick))].sort()
  }

  async untilTicks(count: number, ms: number): Promise<void> {
    await until(
      () => this.ticks().length >= count,
      ms,
      () => `${count} ticks are sent; there are ${this.ticks().length}. ${this.#state()}`,
    )
  }

  /**
   * Stops everything and judges: every tick that was sent has one UUID and had one effect, no other task ran, every
   * scheduler ends by itself, in time and without an error, and nobody told the secret.
   */
  async finish(): Promise<void> {
    const codes = await Promise.all(this.schedulers.map((one) => (one.hasEnded ? 0 : one.stop(exitMs))))
    if (codes.some((code) => code !== 0)) throw new Error(`Schedulers ended with ${codes.join()}. ${this.#state()}`)
    const uuids = new Map<string, Set<string>>()
    for (const { tick, uuid } of this.sent()) uuids.set(tick, (uuids.get(tick) ?? new Set()).add(uuid))
    const split = [...uuids].filter(([, own]) => own.size > 1)
    if (split.length > 0) throw new Error(`Ticks with several UUIDs: ${split.map(([tick]) => tick).join()}`)
    const all = [...uuids.values()].flatMap((own) => [...own])
    if (new Set(all).size !== all.length) throw new Error('Several ticks have the same UUID.')
    for (const uuid of all) this.bench.producer.expect(uuid)
    await this.bench.untilDone(10_000, all)
    await this.bench.untilSettled()
    // Of which none is unexpected, and none ran more than once.
    await this.bench.finish()
    const told = this.schedulers.find(({ output }) => output.includes(this.#rig.secret))
    if (told !== undefined) throw new Error('A scheduler told the password.')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.schedulers.map((one) => (one.hasEnded ? undefined : one.kill())))
    await this.bench[Symbol.asyncDispose]()
    await this.locks.stop()
  }

  #state(): string {
    const outputs = this.schedulers.map(({ output }, index) => `--- scheduler ${index}\n${output.slice(-2_000)}`)
    return `Ticks: ${this.ticks().join(' ')}\n${outputs.join('\n')}`
  }
}
