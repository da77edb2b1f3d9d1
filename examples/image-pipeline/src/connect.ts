import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import type { Logger } from '@machinery/core'
import { Server } from '@machinery/core'

export interface Connection {
  /** Where Redis is; absent: the embedded broker and backend, which live in this process. */
  readonly broker?: string
  readonly queue: string
  /** See `RedisBrokerOptions.leaseMs`. */
  readonly leaseMs?: number
}

/** The one line that differs between the embedded default and a fleet on Redis is this server's adapters. */
export function connect({ broker: url, queue, leaseMs }: Connection, logger: Logger): Server {
  const options = { defaultQueue: queue, logger }
  if (url === undefined) return new Server(options)
  const broker = new RedisBroker({ url, defaultQueue: queue, ...(leaseMs !== undefined && { leaseMs }) })
  return new Server(options, broker, new RedisBackend({ url }))
}
