import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Allowed, type Counters, count, expectNothingLost, showCounters } from './counters.js'
import { type LedgerLine, LedgerReader } from './ledger.js'
import { Producer, stillWaiting } from './producer.js'
import { newSeed, randomFrom } from './random.js'
import type { Rig, Ways } from './rigs/rig.js'
import type { Tuning } from './tuning.js'
import { until } from './until.js'
import type { WorkerConfig } from './worker/worker-config.js'
import { WorkerHandle } from './worker-handle.js'

/** How long a process may take to end beyond its drain time, in milliseconds. */
const exitMs = 5_000

export type WorkerSettings = Partial<Omit<WorkerConfig, 'adapters' | 'ledger' | 'queue'>> & {
  readonly ways?: Ways
  readonly tuning?: Tuning
}

let benches = 0

/** One experiment: a queue, its producer and workers, and the ledgers of all. */
export class Bench implements AsyncDisposable {
  readonly rig: Rig
  readonly queue: string
  readonly producer: Producer
  readonly workers: WorkerHandle[] = []
  readonly random: () => number
  readonly #id: string
  readonly #directory: string
  readonly #ledger: LedgerReader

  /** @param id of the fault matrix */
  static async open(
    rig: Rig,
    id: string,
    producer: { readonly ways?: Ways; readonly tuning?: Tuning } = {},
  ): Promise<Bench> {
    const directory = await mkdtemp(join(tmpdir(), 'machinery-fault-'))
    return new Bench(rig, id, directory, producer)
  }

  private constructor(rig: Rig, id: string, directory: string, { ways, tuning }: { ways?: Ways; tuning?: Tuning }) {
    this.rig = rig
    this.#id = id
    this.#directory = directory
    this.#ledger = new LedgerReader(directory)
    this.queue = `faults-${process.pid}-${++benches}`
    this.producer = new Producer(rig.config(ways, { ...tuning, defaultQueue: this.queue }), this.queue)
    const seed = newSeed()
    this.random = randomFrom(seed)
    console.log(`${id} on ${rig.name}: MACHINERY_FAULT_SEED=${seed}`)
  }

  lines(): readonly LedgerLine[] {
    return this.#ledger.lines()
  }

  count(event: LedgerLine['event'], match: Partial<LedgerLine> = {}): number {
    return this.find(event, match).length
  }

  find(event: LedgerLine['event'], match: Partial<LedgerLine> = {}): readonly LedgerLine[] {
    const facts = Object.entries(match)
    return this.lines().filter(
      (line) => line.event === event && facts.every(([key, value]) => line[key as keyof LedgerLine] === value),
    )
  }

  /** Starts a worker process, and waits until it consumes. */
  async worker(settings: WorkerSettings = {}): Promise<WorkerHandle> {
    const { ways, tuning, ...rest } = settings
    const worker = await WorkerHandle.start({
      tag: `worker-${this.workers.length + 1}`,
      concurrency: 2,
      // Longer than a client takes to come back after a cut.
      drainMs: 10_000,
      chordLeaseMs: 1_000,
      failpoints: [],
      ...rest,
      queue: this.queue,
      adapters: this.rig.config(ways, { ...tuning, defaultQueue: this.queue }),
      ledger: this.#directory,
    })
    this.workers.push(worker)
    return worker
  }

  workersAtOnce(number: number, settings?: WorkerSettings): Promise<WorkerHandle[]> {
    return Promise.all(Array.from({ length: number }, () => this.worker(settings)))
  }

  /** Waits until a worker has done something. */
  async until(event: LedgerLine['event'], match: Partial<LedgerLine> = {}, ms = 10_000, times = 1): Promise<void> {
    await until(
      () => this.count(event, match) >= times,
      ms,
      () => `${times} × ${event} ${JSON.stringify(match)}. ${this.#state()}`,
    )
  }

  /** Waits until a process has met its end at a failpoint. */
  async untilDead(worker: WorkerHandle, ms = 10_000): Promise<void> {
    await until(
      () => worker.exit !== undefined,
      ms,
      () => `process ${worker.pid} dies. ${this.#state()}`,
    )
    worker.killedAt ??= Date.now()
  }

  /** Waits until all that was acked has finished, and these. */
  async untilDone(ms: number, alsoThese: readonly string[] = []): Promise<void> {
    const missing = (): readonly string[] => {
      const finished = new Set(this.find('end').map(({ uuid }) => uuid))
      const wanted = this.producer.sent.filter(({ outcome, mayNotRun }) => outcome === 'acked' && !mayNotRun)
      return [...wanted.map(({ uuid }) => uuid), ...alsoThese].filter((uuid) => !finished.has(uuid))
    }
    await until(
      () => this.producer.unsettled === 0 && missing().length === 0,
      ms,
      () => `all is done; ${missing().length} are missing: ${missing().slice(0, 3).join(', ')}. ${this.#state()}`,
    )
  }

  /** Waits until the queue is empty and nobody holds a message. */
  async untilSettled(ms = 10_000): Promise<void> {
    await until(
      async () => (await this.rig.unsettled(this.queue)) === 0,
      ms,
      () => `every message is settled. ${this.#state()}`,
    )
  }

  counters(): Counters {
    const deaths = this.workers.flatMap(({ pid, killedAt }) => (killedAt === undefined ? [] : [{ pid, t: killedAt }]))
    const readyAt = new Map(this.workers.map((worker) => [worker.pid, worker.readyAt]))
    return count(this.producer.sent, this.lines(), { deaths, readyAt, hung: this.producer.unsettled })
  }

  /**
   * Stops everything and judges: workers end by themselves, in time and without an error, every result settles, nothing is
   * lost or ran too often, and nobody told the secret.
   */
  async finish(allowed: Allowed = {}): Promise<Counters> {
    const results = await this.producer.results(this.producer.acked, 5_000)
    const hung = results.filter((result) => result === stillWaiting).length
    await Promise.all(this.workers.map((worker) => this.#stop(worker)))
    await this.producer.close()
    const counters = this.counters()
    console.log(`${this.#id} on ${this.rig.name}: ${showCounters(counters)}`)
    try {
      expectNothingLost({ ...counters, hung: counters.hung + hung }, allowed)
    } catch (error) {
      const odd = new Set([...counters.lost, ...counters.duplicated.uuids, ...counters.unexpected])
      const lines = this.lines().filter(({ uuid, event }) => odd.has(uuid) || event === 'fault')
      throw new Error(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n${this.#state()}`, { cause: error })
    }
    this.#expectNoSecret()
    return counters
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.exit ?? worker.kill()))
    await this.producer.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #stop(worker: WorkerHandle): Promise<void> {
    if (worker.exit !== undefined) return
    worker.signal('SIGTERM')
    const exit = await worker.ended(worker.config.drainMs + exitMs)
    const { tag, drainMs } = worker.config
    if (exit?.code !== 0) {
      const how =
        exit === undefined
          ? `was still there ${exitMs} ms after its drain time of ${drainMs} ms`
          : `ended with ${exit.code ?? exit.signal}`
      throw new Error(`After SIGTERM worker ${tag} ${how}. It printed:\n${worker.output}`)
    }
  }

  #expectNoSecret(): void {
    const outputs = [this.producer.output, ...this.workers.map(({ output }) => output)]
    const told = outputs.find((output) => output.includes(this.rig.secret))
    if (told !== undefined)
      throw new Error(`Somebody told the password:\n${told.replaceAll(this.rig.secret, '<SECRET>')}`)
  }

  #state(): string {
    const outputs = this.workers.map(({ pid, output }) => `--- ${pid}\n${output.slice(-2_000)}`).join('\n')
    return `${showCounters(this.counters())}\nProducer:\n${this.producer.output.slice(-1_000)}\n${outputs}`
  }
}
