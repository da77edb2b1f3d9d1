import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import type { Logger } from '@machinery/core'
import { Server } from '@machinery/core'

export interface Connection {
  /** Where Redis is; absent: the embedded broker and backend, which live in this process. */
  readonly broker?: string
  readonly queue: string
}

/** All that differs between the embedded default and a fleet on Redis. */
export function connect({ broker: url, queue }: Connection, logger: Logger): Server {
  const options = { defaultQueue: queue, logger }
  if (url === undefined) return new Server(options)
  return new Server(options, new RedisBroker({ url, defaultQueue: queue }), new RedisBackend({ url }))
}
