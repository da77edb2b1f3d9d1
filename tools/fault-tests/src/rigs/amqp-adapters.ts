import { AmqpBackend } from '@machinery/backend-amqp'
import { RedisBackend } from '@machinery/backend-redis'
import { AmqpBroker } from '@machinery/broker-amqp'
import { MemoryLock } from '@machinery/core/memory'
import type { Adapters, Tuning } from '../tuning.js'

export interface AmqpAdapterConfig extends Tuning {
  readonly rig: 'rabbitmq'
  readonly brokerUrl: string
  /** `redis://…` or `amqp://…`: where results are kept. */
  readonly backendUrl: string
  readonly heartbeatSeconds: number
  readonly commandTimeoutMs: number
}

/** Several round trips, on a link that tests make slow, in milliseconds. */
const connectTimeoutMs = 5_000

export function amqpAdapters(config: AmqpAdapterConfig): Adapters {
  const { brokerUrl, backendUrl, commandTimeoutMs, defaultQueue, heartbeatSeconds, maxBodyBytes, queueType } = config
  const connection = { heartbeatSeconds, connectTimeoutMs, callTimeoutMs: commandTimeoutMs }
  return {
    broker: new AmqpBroker({
      ...connection,
      url: brokerUrl,
      publishTimeoutMs: commandTimeoutMs,
      ...(defaultQueue !== undefined && { defaultQueue, bindingKey: defaultQueue }),
      ...(maxBodyBytes !== undefined && { maxBodyBytes }),
      ...(queueType !== undefined && { queueDeclareArgs: { 'x-queue-type': queueType } }),
    }),
    backend: backendUrl.startsWith('redis:')
      ? new RedisBackend({ url: backendUrl, commandTimeoutMs })
      : new AmqpBackend({ ...connection, url: backendUrl, publishTimeoutMs: commandTimeoutMs }),
    lock: new MemoryLock(),
  }
}
