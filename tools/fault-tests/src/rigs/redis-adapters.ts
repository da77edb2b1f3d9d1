import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import { RedisLock } from '@machinery/lock-redis'
import type { Adapters, Tuning } from '../tuning.js'

export interface RedisAdapterConfig extends Tuning {
  readonly rig: 'redis'
  readonly brokerUrl: string
  readonly backendUrl: string
  readonly leaseMs: number
  readonly commandTimeoutMs: number
}

export function redisAdapters(config: RedisAdapterConfig): Adapters {
  const { rig: _, brokerUrl, backendUrl, commandTimeoutMs, ...broker } = config
  return {
    broker: new RedisBroker({ url: brokerUrl, commandTimeoutMs, ...broker }),
    backend: new RedisBackend({ url: backendUrl, commandTimeoutMs }),
    lock: new RedisLock({ url: backendUrl, commandTimeoutMs }),
  }
}
