import { isNotFound, type LiveConnection } from '@machinery/amqp-connection'
import type { GetMessage } from 'amqplib'

/**
 * The first messages of a queue, oldest first; none where there is no such queue. RabbitMQ shows messages only by
 * handing them out, so they are taken and given back at once, to their places, marked as redelivered from then on.
 */
export async function browse(live: LiveConnection, queue: string, limit: number): Promise<readonly GetMessage[]> {
  const channel = await live.openChannel()
  const messages: GetMessage[] = []
  try {
    while (messages.length < limit) {
      const message = await live.within(channel.get(queue), `a look into queue ${queue}`)
      if (message === false) break
      messages.push(message)
    }
  } catch (error) {
    if (!isNotFound(error)) throw error
  } finally {
    // Where the server refused something it has ended already, and given all back.
    await live.closeChannel(channel, [])
  }
  return messages
}
