import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import { Server, silentLogger } from '@machinery/core'
import type { Omitted } from './tasks.js'

/** One server of this library. Plain data, as it goes to other processes. */
export interface TsSettings {
  /** `redis://` */
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
  const { broker, backend, queue, expire, delayedTasksKey, leaseMs } = settings
  return new Server(
    { logger: silentLogger, defaultQueue: queue, noUnixSignals: true, ...(expire && { resultsExpireIn: expire }) },
    new RedisBroker({
      url: broker,
      defaultQueue: queue,
      ...(delayedTasksKey && { delayedTasksKey }),
      ...(leaseMs && { leaseMs }),
    }),
    new RedisBackend({ url: backend }),
  )
}
