import type { Server } from '@machinery/core'
import { startRedis, type TestServer } from '@machinery-internal/test-servers'
import { Redis } from 'ioredis'
import { GoProducer } from './go-producer.js'
import { GoWorker } from './go-worker.js'
import { LineProcess } from './line-process.js'
import type { Run, RunningWorker } from './run.js'
import type { Omitted } from './tasks.js'
import { type AmqpSettings, newServer, type TsSettings } from './ts-settings.js'
import { TsWorker } from './ts-worker.js'
import { TsWorkerHandle } from './ts-worker-handle.js'
import { until } from './until.js'

/** Machinery (Go) has two clients for Redis, with code of their own: redigo and go-redis. */
export type GoClient = 'redigo' | 'go-redis'

const schemes: Readonly<Record<GoClient, string>> = { redigo: 'redis:', 'go-redis': 'goredis:' }

/** What processes of either side may have of their own. */
export interface Settings {
  readonly concurrency?: number
  /** ResultsExpireIn, in seconds. @default 3600 */
  readonly expire?: number
  readonly delayedTasksKey?: string
  readonly omit?: Omitted
  /** Of this library only. */
  readonly leaseMs?: number
  /** The queue of a worker of this library. @default the default queue */
  readonly reads?: string
  readonly amqp?: AmqpSettings
}

export interface FleetOptions {
  /** A server of its own for results. */
  readonly hasOwnBackend?: boolean
  /** `amqp://` of the broker, several with commas between them. @default Redis */
  readonly amqp?: string
  /** `amqp://` of the results. @default Redis */
  readonly amqpResults?: string
}

/** Workers and producers of both sides on one Redis, or with results in it. All of them end with it. */
export class Fleet implements AsyncDisposable {
  readonly redis: TestServer
  /** A second server for results, where there is one. */
  readonly backend: TestServer
  /** To look at what is stored, and to store what no producer would. */
  readonly client: Redis
  readonly #program: string
  readonly #amqp: string | undefined
  readonly #amqpResults: string | undefined
  readonly #workers: RunningWorker[] = []
  readonly #endings: (() => Promise<unknown>)[] = []

  /** @param program the Go side, built */
  static async open(program: string, options: FleetOptions = {}): Promise<Fleet> {
    const redis = await startRedis()
    const backend = options.hasOwnBackend ? await startRedis({ durability: 'always' }) : redis
    return new Fleet(program, { redis, backend }, options)
  }

  private constructor(program: string, servers: { redis: TestServer; backend: TestServer }, options: FleetOptions) {
    this.#amqp = options.amqp
    this.#amqpResults = options.amqpResults
    this.#program = program
    this.redis = servers.redis
    this.backend = servers.backend
    this.client = new Redis(this.redis.url)
  }

  /** What all workers of this fleet began to run, also those that have ended. */
  get runs(): readonly Run[] {
    return this.#workers.flatMap(({ runs }) => runs)
  }

  runsOf(uuid: string): readonly Run[] {
    return this.runs.filter((run) => run.uuid === uuid)
  }

  async goWorker(client: GoClient, queue: string, settings: Settings = {}): Promise<GoWorker> {
    const worker = await GoWorker.start(this.#program, this.#goArgs(client, queue, settings))
    this.#workers.push(worker)
    this.#endings.push(() => worker.kill())
    return worker
  }

  async goProducer(client: GoClient, queue: string, settings: Settings = {}): Promise<GoProducer> {
    const args = [...this.#goArgs(client, queue, settings), '--lock', this.redis.url]
    const producer = await GoProducer.start(this.#program, args)
    this.#endings.push(() => producer.kill())
    return producer
  }

  /** A scheduler that sends `echo_string("go")` periodically. `programName`: a part of its lock. */
  async goScheduler(queue: string, facts: { spec: string; name: string; programName: string }): Promise<void> {
    const args = [
      ...this.#goArgs('redigo', queue, {}),
      '--lock',
      this.redis.url,
      '--spec',
      facts.spec,
      '--name',
      facts.name,
    ]
    const scheduler = await LineProcess.start(
      { file: this.#program, args: ['periodic', ...args], argv0: `/usr/bin/${facts.programName}` },
      () => {},
    )
    this.#endings.push(() => scheduler.kill())
  }

  tsServer(queue: string, settings: Settings = {}): Server {
    const server = newServer(this.#tsSettings(queue, settings))
    this.#endings.push(() => server.close())
    return server
  }

  /** In this process. */
  tsWorker(queue: string, settings: Settings = {}): TsWorker {
    const worker = new TsWorker({ ...this.#tsSettings(queue, settings), ...settings, ledger: this.redis.url })
    this.#workers.push(worker)
    this.#endings.push(() => worker.quit())
    return worker
  }

  /** In a process of its own. */
  async tsWorkerProcess(queue: string, settings: Settings = {}): Promise<TsWorkerHandle> {
    const worker = await TsWorkerHandle.start({
      ...this.#tsSettings(queue, settings),
      ...settings,
      ledger: this.redis.url,
    })
    this.#workers.push(worker)
    this.#endings.push(() => worker.kill())
    return worker
  }

  /** Lets every worker finish what it runs, and end. */
  async quitWorkers(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.quit()))
  }

  /** Ends every worker, whatever it does. */
  async stopWorkers(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()))
  }

  /** Waits until each of these tasks has begun at least once. */
  async untilRun(uuids: readonly string[], ms = 15_000): Promise<void> {
    const missing = (): readonly string[] => {
      const begun = new Set(this.runs.map(({ uuid }) => uuid))
      return uuids.filter((uuid) => !begun.has(uuid))
    }
    await until(
      () => missing().length === 0,
      ms,
      () => `all tasks run; ${missing().length} of ${uuids.length} are missing: ${missing().slice(0, 3).join(', ')}`,
    )
  }

  /** The record under a key, parsed. */
  async record(key: string): Promise<Record<string, unknown> | undefined> {
    const text = await this.client.get(key)
    return text === null ? undefined : JSON.parse(text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#endings.map((end) => end()))
    this.client.disconnect()
    await Promise.all([this.redis.stop(), this.backend.stop()])
  }

  #goArgs(
    client: GoClient,
    queue: string,
    { concurrency, expire, delayedTasksKey, omit, amqp = {} }: Settings,
  ): readonly string[] {
    const { bindingKey, queueDeclareArgs, delayedQueue } = amqp
    const url = (server: TestServer): string => server.url.replace('redis:', schemes[client])
    return [
      ...[
        '--broker',
        this.#amqp ?? url(this.redis),
        '--backend',
        this.#amqpResults ?? url(this.backend),
        '--ledger',
        this.redis.url,
        '--queue',
        queue,
      ],
      ...(concurrency === undefined ? [] : ['--concurrency', String(concurrency)]),
      ...(expire === undefined ? [] : ['--expire', String(expire)]),
      ...(delayedTasksKey === undefined ? [] : ['--delayed-key', delayedTasksKey]),
      ...(omit === undefined ? [] : ['--omit', omit.join(',')]),
      ...(this.#amqp?.includes(',') ? ['--separator', ','] : []),
      ...(bindingKey === undefined ? [] : ['--binding-key', bindingKey]),
      ...(queueDeclareArgs === undefined ? [] : ['--declare-args', JSON.stringify(queueDeclareArgs)]),
      ...(delayedQueue === undefined ? [] : ['--delayed-queue', delayedQueue]),
    ]
  }

  #tsSettings(queue: string, { expire, delayedTasksKey, leaseMs, amqp }: Settings): TsSettings {
    return {
      broker: this.#amqp ?? this.redis.url,
      backend: this.#amqpResults ?? this.backend.url,
      queue,
      ...(expire !== undefined && { expire }),
      ...(delayedTasksKey !== undefined && { delayedTasksKey }),
      ...(leaseMs !== undefined && { leaseMs }),
      ...(amqp !== undefined && { amqp }),
    }
  }
}
