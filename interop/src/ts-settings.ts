import { RedisBackend } from '@machinery/backend-redis'
import { AmqpBroker } from '@machinery/broker-amqp'
import { RedisBroker } from '@machinery/broker-redis'
import { type Broker, Server, silentLogger } from '@machinery/core'
import type { Omitted } from './tasks.js'

/** One server of this library. Plain data, as it goes to other processes. */
export interface TsSettings {
  /** `redis://` or `amqp://` */
  readonly broker: string
  /** `redis://` */
  readonly backend: string
  readonly queue: string
  /** In seconds. @default 3600 */
  readonly expire?: number
  readonly delayedTasksKey?: string
  /** In milliseconds. @default the broker's */
  readonly leaseMs?: number
}

export interface TsWorkerSettings extends TsSettings {
  /** The Redis in which tasks count what all processes share. */
  readonly ledger: string
  readonly concurrency?: number
  readonly omit?: Omitted
}

export function newServer(settings: TsSettings): Server {
  const { backend, queue, expire } = settings
  return new Server(
    { logger: silentLogger, defaultQueue: queue, noUnixSignals: true, ...(expire && { resultsExpireIn: expire }) },
    newBroker(settings),
    new RedisBackend({ url: backend }),
  )
}

function newBroker({ broker, queue, delayedTasksKey, leaseMs }: TsSettings): Broker {
  // Go declares no second queue where the key is the name of the queue.
  if (broker.startsWith('amqp')) return new AmqpBroker({ url: broker, defaultQueue: queue, bindingKey: queue })
  return new RedisBroker({
    url: broker,
    defaultQueue: queue,
    ...(delayedTasksKey && { delayedTasksKey }),
    ...(leaseMs && { leaseMs }),
  })
}
