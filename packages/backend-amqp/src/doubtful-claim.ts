import type { LiveConnection } from '@machinery/amqp-connection'
import type { ConfirmChannel, Options } from 'amqplib'

export interface ClaimMessage {
  readonly queue: string
  readonly owner: string
  readonly properties: Options.Publish
}

/**
 * Whether the one message in a queue of claims is of this owner, who once published it and never heard of it. To look at it
 * is to take it and to give it back, and meanwhile there is room for another one, whose owner would know of nobody else:
 * then there are two, and the claim is the other's.
 */
export async function isOwnClaim(live: LiveConnection, claim: ClaimMessage): Promise<boolean> {
  const channel = await live.openConfirmChannel()
  try {
    return await live.within(look(channel, claim), `a look into queue ${claim.queue}`)
  } finally {
    await live.closeChannel(channel)
  }
}

async function look(channel: ConfirmChannel, claim: ClaimMessage): Promise<boolean> {
  const message = await channel.get(claim.queue)
  if (message === false) return false
  channel.nack(message, false, true)
  if (message.content.toString() !== claim.owner) return false
  // The server counts before it gives back, but takes messages after. This one it refuses, as the queue is full again.
  if (await isAccepted(channel, claim)) return false
  return (await channel.checkQueue(claim.queue)).messageCount === 1
}

function isAccepted(channel: ConfirmChannel, { queue, owner, properties }: ClaimMessage): Promise<boolean> {
  return new Promise((resolve, reject) => {
    channel.publish('', queue, Buffer.from(owner), properties, (error: unknown) => {
      if (error instanceof Error && error.message !== 'message nacked') reject(error)
      else resolve(!(error instanceof Error))
    })
  })
}
