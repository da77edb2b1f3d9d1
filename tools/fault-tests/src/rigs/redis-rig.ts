import { randomBytes } from 'node:crypto'
import { isQueueInspector } from '@machinery/core'
import {
  type FaultProxy,
  type RedisOptions,
  type RedisReply,
  redisCommands,
  startProxy,
  startRedis,
  type TestServer,
} from '@machinery-internal/test-servers'
import type { Tuning } from '../tuning.js'
import { type RedisAdapterConfig, redisAdapters } from './redis-adapters.js'
import { redisBackendRequests, redisBrokerRequests } from './redis-requests.js'
import type { Requests, Rig, Ways } from './rig.js'

export interface RedisRigOptions {
  /** For tests that restart the server. @default 'none' */
  readonly durability?: RedisOptions['durability']
  /** Whether results are kept on a server of their own. @default false */
  readonly separateBackend?: boolean
  /** @default 1_500, a tenth of the real one */
  readonly leaseMs?: number
  /** How long an answer may take, in milliseconds. @default 2_000 */
  readonly commandTimeoutMs?: number
}

/** Redis as broker and backend, with a password. */
export class RedisRig implements Rig {
  readonly name = 'redis'
  readonly secret: string
  readonly broker: TestServer
  readonly backend: TestServer
  readonly leaseMs: number
  readonly inspector: Rig['inspector']
  readonly requests: Requests = { ...redisBrokerRequests, ...redisBackendRequests }
  readonly answerMs: number
  readonly holdsOverOutages = true
  readonly remembersEnds = true
  readonly refusesAtOnce = true
  readonly #proxies: FaultProxy[] = []
  readonly #close: () => Promise<void>

  static async start(options: RedisRigOptions = {}): Promise<RedisRig> {
    const { durability = 'none' } = options
    const secret = randomBytes(12).toString('hex')
    const start = (): Promise<TestServer> => startRedis({ durability, args: ['--requirepass', secret] })
    const broker = await start()
    const backend = options.separateBackend ? await start() : broker
    return new RedisRig(broker, backend, secret, options)
  }

  private constructor(broker: TestServer, backend: TestServer, secret: string, options: RedisRigOptions) {
    this.broker = broker
    this.backend = backend
    this.secret = secret
    this.leaseMs = options.leaseMs ?? 1_500
    this.answerMs = options.commandTimeoutMs ?? 2_000
    const adapters = redisAdapters(this.config())
    if (!isQueueInspector(adapters.broker))
      throw new Error('The Redis broker does not let anybody look into its queues.')
    this.inspector = adapters.broker
    this.#close = async () => {
      await Promise.allSettled([adapters.broker.close(), adapters.backend.close(), adapters.lock.close()])
    }
  }

  get recoveryMs(): number {
    return this.leaseMs * 1.4
  }

  get silentRecoveryMs(): number {
    return this.recoveryMs
  }

  get silenceMs(): number {
    return Math.min(5_000, this.leaseMs / 3) + 1_000
  }

  config(ways: Ways = {}, tuning: Tuning = {}): RedisAdapterConfig {
    const url = (port: number): string => `redis://:${this.secret}@127.0.0.1:${port}`
    return {
      rig: 'redis',
      brokerUrl: url((ways.broker ?? this.broker).port),
      backendUrl: url((ways.backend ?? this.backend).port),
      leaseMs: this.leaseMs,
      commandTimeoutMs: this.answerMs,
      ...tuning,
    }
  }

  /** On Redis everybody sees what each consumer holds. */
  async unsettled(queue: string): Promise<number> {
    const { pending, delayed, inFlight } = await this.inspector.countMessages(queue)
    return pending + delayed + inFlight
  }

  async proxy(to: 'broker' | 'backend'): Promise<FaultProxy> {
    const proxy = await startProxy({ target: this[to] })
    this.#proxies.push(proxy)
    return proxy
  }

  /** Runs one command on the broker's server. */
  async command(...args: readonly string[]): Promise<RedisReply> {
    const [, reply] = await redisCommands(this.broker.port, [['AUTH', this.secret], args])
    return reply ?? null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    await Promise.allSettled(this.#proxies.map((proxy) => proxy.stop()))
    await Promise.all([this.broker.stop(), this.backend.stop()])
  }
}
