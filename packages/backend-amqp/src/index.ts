/** Machinery's results in RabbitMQ queues. */
export { AmqpBackend } from './amqp-backend.js'
export type { AmqpBackendOptions } from './options.js'
export { amqpBackendOptionsFrom } from './options.js'
