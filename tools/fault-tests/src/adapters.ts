import { type AmqpAdapterConfig, amqpAdapters } from './rigs/amqp-adapters.js'
import { type RedisAdapterConfig, redisAdapters } from './rigs/redis-adapters.js'
import type { Adapters } from './tuning.js'

/** What a process needs to make its adapters. Plain data, one kind per rig. */
export type AdapterConfig = RedisAdapterConfig | AmqpAdapterConfig

export function makeAdapters(config: AdapterConfig): Adapters {
  switch (config.rig) {
    case 'redis':
      return redisAdapters(config)
    case 'rabbitmq':
      return amqpAdapters(config)
  }
}
