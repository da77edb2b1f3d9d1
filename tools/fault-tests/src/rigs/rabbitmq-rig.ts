import { randomBytes } from 'node:crypto'
import { isQueueInspector } from '@machinery/core'
import {
  type FaultProxy,
  startProxy,
  startRabbitMq,
  startRedis,
  type TestRabbitMq,
  type TestServer,
} from '@machinery-internal/test-servers'
import type { Tuning } from '../tuning.js'
import { type AmqpAdapterConfig, amqpAdapters } from './amqp-adapters.js'
import { amqpBackendRequests, amqpBrokerRequests } from './amqp-requests.js'
import { redisBackendRequests } from './redis-requests.js'
import type { Requests, Rig, Ways } from './rig.js'

export interface RabbitMqRigOptions {
  /**
   * Where results are kept. RabbitMQ's own can be read once, so workers cannot see that a task has ended before.
   * @default 'redis'
   */
  readonly results?: 'redis' | 'rabbitmq'
  /** Lines of rabbitmq.conf. @default none */
  readonly configuration?: string
  /** @default 1, a tenth of the real one and the least there is */
  readonly heartbeatSeconds?: number
  /** How long an answer may take, in milliseconds. @default 2_000 */
  readonly commandTimeoutMs?: number
}

const user = 'faults'

/** RabbitMQ as broker, with a password, and Redis or RabbitMQ as backend. */
export class RabbitMqRig implements Rig {
  readonly name: string
  readonly secret: string
  readonly broker: TestRabbitMq
  readonly backend: TestServer
  readonly inspector: Rig['inspector']
  readonly requests: Requests
  /** The server gives back what a connection held as soon as that is gone. */
  readonly recoveryMs = 1_000
  readonly answerMs: number
  readonly holdsOverOutages = false
  readonly remembersEnds: boolean
  /** It says so when a connection has published; what that connection sends then is not read. */
  readonly refusesAtOnce = false
  readonly #heartbeatMs: number
  readonly #hasOwnResults: boolean
  readonly #proxies: FaultProxy[] = []
  readonly #close: () => Promise<void>

  static async start(options: RabbitMqRigOptions = {}): Promise<RabbitMqRig> {
    const secret = randomBytes(12).toString('hex')
    const { configuration = '' } = options
    const broker = await startRabbitMq({
      configuration: `default_user = ${user}\ndefault_pass = ${secret}\n${configuration}`,
    })
    const backend = options.results === 'rabbitmq' ? broker : await startRedis({ args: ['--requirepass', secret] })
    return new RabbitMqRig(broker, backend, secret, options)
  }

  private constructor(broker: TestRabbitMq, backend: TestServer, secret: string, options: RabbitMqRigOptions) {
    this.#hasOwnResults = options.results === 'rabbitmq'
    this.name = this.#hasOwnResults ? 'rabbitmq with its own results' : 'rabbitmq'
    this.broker = broker
    this.backend = backend
    this.secret = secret
    this.answerMs = options.commandTimeoutMs ?? 2_000
    this.remembersEnds = !this.#hasOwnResults
    this.#heartbeatMs = (options.heartbeatSeconds ?? 1) * 1_000
    this.requests = { ...amqpBrokerRequests, ...(this.#hasOwnResults ? amqpBackendRequests : redisBackendRequests) }
    const adapters = amqpAdapters(this.config())
    if (!isQueueInspector(adapters.broker))
      throw new Error('The RabbitMQ broker does not let anybody look into its queues.')
    this.inspector = adapters.broker
    this.#close = async () => {
      await Promise.allSettled([adapters.broker.close(), adapters.backend.close()])
    }
  }

  /** Both sides count heartbeats: who misses two is dead, which is seen before the third. */
  get leaseMs(): number {
    return 2 * this.#heartbeatMs
  }

  get silenceMs(): number {
    return 3 * this.#heartbeatMs
  }

  get silentRecoveryMs(): number {
    return 3 * this.#heartbeatMs
  }

  config(ways: Ways = {}, tuning: Tuning = {}): AmqpAdapterConfig {
    const amqpUrl = (port: number): string => `amqp://${user}:${this.secret}@127.0.0.1:${port}`
    const backendPort = (ways.backend ?? this.backend).port
    return {
      rig: 'rabbitmq',
      brokerUrl: amqpUrl((ways.broker ?? this.broker).port),
      backendUrl: this.#hasOwnResults ? amqpUrl(backendPort) : `redis://:${this.secret}@127.0.0.1:${backendPort}`,
      heartbeatSeconds: this.#heartbeatMs / 1_000,
      commandTimeoutMs: this.answerMs,
      ...tuning,
    }
  }

  /**
   * Over AMQP the server tells nobody what others hold; its own tool does. Counts the queue, and the delay queues that lead
   * to it.
   */
  async unsettled(queue: string): Promise<number> {
    const list = await this.ctl('list_queues', '--quiet', '--no-table-headers', 'name', 'messages')
    let messages = 0
    for (const line of list.split('\n')) {
      const [name = '', count] = line.split('\t')
      if (name === queue || (name.startsWith('ts.delay.') && name.endsWith(`.${queue}`))) messages += Number(count)
    }
    return messages
  }

  async proxy(to: 'broker' | 'backend'): Promise<FaultProxy> {
    const proxy = await startProxy({ target: this[to] })
    this.#proxies.push(proxy)
    return proxy
  }

  /** Runs `rabbitmqctl` on the broker's server, and answers what it printed. */
  ctl(...args: readonly string[]): Promise<string> {
    return this.broker.ctl(...args)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    await Promise.allSettled(this.#proxies.map((proxy) => proxy.stop()))
    await Promise.all([this.broker.stop(), this.backend.stop()])
  }
}
