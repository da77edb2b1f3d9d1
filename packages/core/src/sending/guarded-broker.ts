import type { Broker, ConsumeOptions, Consumer } from '../contracts/index.js'
import { BrokerError } from '../errors/index.js'
import { withDeadline } from '../time/index.js'

/**
 * The broker with our own deadline on every call, its consumers too: a client whose promise never settles must not hang
 * anything. Only `receive` may wait as long as there is nothing to receive. What an adapter throws before it has a
 * promise becomes a rejection.
 */
export function guardBroker(broker: Broker, deadlineMs: number): Broker {
  const within: Within = async (operation, call) =>
    withDeadline(call(), deadlineMs, () => {
      const text = `The ${broker.name} broker did not answer ${operation} within ${deadlineMs} ms.`
      return new BrokerError(text, { operation, outcome: 'indeterminate', retryable: true })
    })
  return {
    name: broker.name,
    capabilities: broker.capabilities,
    ...(broker.defaultRoutingKey === undefined ? {} : { defaultRoutingKey: broker.defaultRoutingKey }),
    publish: async (messages) =>
      broker.capabilities.inline ? broker.publish(messages) : within('publish', () => broker.publish(messages)),
    consume: (options) => consume(broker, options, within),
    close: () => within('close', () => broker.close()),
  }
}

type Within = <Answer>(operation: string, call: () => Promise<Answer>) => Promise<Answer>

async function consume(broker: Broker, options: ConsumeOptions, within: Within): Promise<Consumer> {
  const opening = broker.consume(options)
  let isLate = false
  // A consumer that opens after its deadline has no owner: it would hold messages for ever.
  opening.then((consumer) => (isLate ? consumer.close() : undefined)).catch(() => undefined)
  const consumer = await within('consume', () => opening).catch((error: unknown) => {
    isLate = true
    throw error
  })
  return {
    receive: async (max, signal) => consumer.receive(max, signal),
    ack: (deliveries) => within('ack', () => consumer.ack(deliveries)),
    nack: (deliveries, how) => within('nack', () => consumer.nack(deliveries, how)),
    reject: (deliveries, reason) => within('reject', () => consumer.reject(deliveries, reason)),
    close: () => within('close', () => consumer.close()),
  }
}
