import type { LiveConnection } from '@machinery/amqp-connection'
import type { AmqpArguments } from './options.js'

/**
 * Whether the server counts a message as delivered once more each time it is given back unread, as on quorum queues before
 * RabbitMQ 4.3. After its delivery limit, 20 in RabbitMQ 4, it drops a message, whether or not somebody ran it.
 */
export function countsGivenBack(live: LiveConnection, queueDeclareArgs: AmqpArguments): boolean {
  if (queueDeclareArgs['x-queue-type'] !== 'quorum') return false
  const { version } = live.model.connection.serverProperties
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 4 || (major === 4 && minor < 3)
}
