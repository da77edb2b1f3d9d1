import { AmqpBackend } from '@machinery/backend-amqp'
import { RedisBackend } from '@machinery/backend-redis'
import { AmqpBroker, amqpOptionsFrom } from '@machinery/broker-amqp'
import { RedisBroker } from '@machinery/broker-redis'
import { type Broker, resolveConfig, Server, silentLogger } from '@machinery/core'
import type { Omitted } from './tasks.js'

/** Settings of tasks over RabbitMQ, the same for both sides. */
export interface AmqpSettings {
  /** @default the name of the default queue: then Go declares no second one */
  readonly bindingKey?: string
  readonly queueDeclareArgs?: Readonly<Record<string, string | number>>
  readonly delayedQueue?: string
  /** Of this library only: where delayed tasks wait. */
  readonly delays?: 'go' | 'ladder'
}

/** One server of this library. Plain data, as it goes to other processes. */
export interface TsSettings {
  /** `redis://` or `amqp://`, several of those with commas between them */
  readonly broker: string
  /** `redis://` or `amqp://` */
  readonly backend: string
  readonly queue: string
  /** In seconds. @default 3600 */
  readonly expire?: number
  readonly delayedTasksKey?: string
  /** In milliseconds. @default the broker's */
  readonly leaseMs?: number
  readonly amqp?: AmqpSettings
}

export interface TsWorkerSettings extends TsSettings {
  /** The Redis in which tasks count what all processes share. */
  readonly ledger: string
  readonly concurrency?: number
  readonly omit?: Omitted
  /** The queue that it reads. @default `queue` */
  readonly reads?: string
}

export function newServer(settings: TsSettings): Server {
  const { backend, queue, expire } = settings
  return new Server(
    { logger: silentLogger, defaultQueue: queue, noUnixSignals: true, ...(expire && { resultsExpireIn: expire }) },
    newBroker(settings),
    backend.startsWith('amqp')
      ? new AmqpBackend({ url: backend, ...(expire && { resultsExpireIn: expire }) })
      : new RedisBackend({ url: backend }),
  )
}

function newBroker({ broker, queue, delayedTasksKey, leaseMs, amqp = {} }: TsSettings): Broker {
  if (broker.startsWith('amqp')) {
    const { delays, ...settings } = amqp
    const given = {
      broker,
      multipleBrokerSeparator: ',',
      defaultQueue: queue,
      amqp: { bindingKey: queue, ...settings },
    }
    return new AmqpBroker({ ...amqpOptionsFrom(resolveConfig(given)), ...(delays && { delays }) })
  }
  return new RedisBroker({
    url: broker,
    defaultQueue: queue,
    ...(delayedTasksKey && { delayedTasksKey }),
    ...(leaseMs && { leaseMs }),
  })
}
