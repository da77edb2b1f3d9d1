import { findRabbitMqServer, startRabbitMq } from '@machinery-internal/test-servers'

/** @type {import('./service.mjs').Service} */
export const rabbitMq = {
  name: 'rabbitmq',
  compose: { port: 5672, url: (address) => `amqp://guest:guest@${address}` },
  debian: 'rabbitmq-server',
  find: findRabbitMqServer,
  start: async () => {
    const { url, stop } = await startRabbitMq()
    return { variables: { AMQP_URL: url }, stop }
  },
}
