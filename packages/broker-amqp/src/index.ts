/** Machinery's tasks over RabbitMQ. */
export { AmqpBroker } from './amqp-broker.js'
export type { AmqpArguments, AmqpBrokerOptions, AmqpDelays } from './options.js'
export { amqpOptionsFrom } from './options.js'
