import { type Declarer, isMismatch, type LiveConnection } from '@machinery/amqp-connection'
import type { AmqpArguments } from './options.js'

/**
 * Whether the server counts a message as delivered once more each time it is given back unread, as on quorum queues before
 * RabbitMQ 4.3. After its delivery limit, 20 in RabbitMQ 4, it drops a message, whether or not somebody ran it.
 * @param declared the arguments that the queue, which exists, was declared with
 */
export async function countsGivenBack(
  live: LiveConnection,
  declarer: Declarer,
  queue: string,
  declared: AmqpArguments,
): Promise<boolean> {
  const { version } = live.model.connection.serverProperties
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 4 || (major === 4 && minor >= 3)) return false
  const kind = declared['x-queue-type']
  return kind === undefined ? !(await isClassic(declarer, queue, declared)) : kind === 'quorum'
}

/**
 * The kind of a queue that was declared without one is the default of its virtual host. AMQP has no way to ask for it, but
 * the server compares it in a declaration. Where it refuses that for another reason the kind stays unknown.
 */
async function isClassic(declarer: Declarer, queue: string, declared: AmqpArguments): Promise<boolean> {
  const options = { durable: true, arguments: { ...declared, 'x-queue-type': 'classic' } }
  try {
    await declarer.run(`the kind of queue ${queue}`, (channel) => channel.assertQueue(queue, options))
    return true
  } catch (error) {
    if (isMismatch(error)) return false
    throw error
  }
}
