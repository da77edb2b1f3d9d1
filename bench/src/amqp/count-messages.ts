import { connect } from 'amqplib'

/** How many messages the queue holds. On a connection of its own. */
export async function countMessages(url: string, queue: string): Promise<number> {
  const connection = await connect(url)
  try {
    const channel = await connection.createChannel()
    return (await channel.checkQueue(queue)).messageCount
  } finally {
    await connection.close()
  }
}
