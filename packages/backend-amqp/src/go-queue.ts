import type { Declarers } from '@machinery/amqp-connection'
import { UnsupportedError } from '@machinery/core'

/** As Go declares the queues of tasks and groups; another life, or `durable`, would be refused to one of the two. */
export function declareGoQueue(calls: Declarers, queue: string, expiresInMs: number): Promise<void> | undefined {
  const options = {
    durable: false,
    autoDelete: true,
    arguments: { 'x-message-ttl': expiresInMs, 'x-expires': expiresInMs },
  }
  // Declaring renews the queue's life, writing to it does not.
  const declare = async (): Promise<void> => {
    try {
      await calls.run(queue, `the declaration of queue ${queue}`, (channel) => channel.assertQueue(queue, options))
    } catch (error) {
      throw explainRefusedKind(error)
    }
  }
  return calls.of(queue).once(queue, declare, expiresInMs / 2)
}

/**
 * Says what to do where the server refuses the kind of queue that Go's backend uses, as RabbitMQ announces for 4.3 and as its
 * setting `deprecated_features.permit.transient_nonexcl_queues = false` does. It refuses with the name of that feature.
 */
export function explainRefusedKind(error: unknown): unknown {
  const text = error instanceof Error ? `${error.message} ${String((error.cause as Error | undefined)?.message)}` : ''
  if (!/transient_nonexcl_queues|transient non-exclusive/i.test(text)) return error
  return new UnsupportedError(
    'This RabbitMQ refuses the queues of the AMQP result backend, which are neither durable nor exclusive, as Go declares them. Set deprecated_features.permit.transient_nonexcl_queues = true in rabbitmq.conf, or use another backend.',
    { cause: error },
  )
}
