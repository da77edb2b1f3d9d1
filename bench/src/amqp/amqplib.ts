import { type ConfirmChannel, connect } from 'amqplib'
import { newRawMessage, type RawMessage } from '../tasks/raw-message.js'
import type { TaskPeer, Work } from '../tasks/task-peer.js'
import { countMessages } from './count-messages.js'

const queue = 'bench'

/** What one writes by hand: persistent messages, each confirmed by the server; each acknowledged after its task. */
export async function openAmqplib(url: string): Promise<TaskPeer> {
  const connection = await connect(url)
  const publishing = await connection.createConfirmChannel()
  await publishing.assertQueue(queue, { durable: true })
  return {
    send: (a, b) => publish(publishing, a, b),
    sendMany: async (pairs) => void (await Promise.all(pairs.map(([a, b]) => publish(publishing, a, b)))),
    work: async ({ concurrency, handler, onDone, onFailure }) => {
      const consuming = await connect(url)
      const channel = await consuming.createChannel()
      channel.on('error', onFailure)
      await channel.prefetch(concurrency)
      await channel.consume(queue, (message) => {
        if (message === null) return onFailure(new Error('The server ended the consumer.'))
        runTask(message.content, handler).then(() => {
          channel.ack(message)
          onDone?.()
        }, onFailure)
      })
      return async () => {
        // Acknowledgements that are still to be written leave with the channel's end, not with the connection's.
        await channel.close()
        await consuming.close()
      }
    },
    countFinished: async (sent) => sent - (await countMessages(url, queue)),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

function publish(channel: ConfirmChannel, a: number, b: number): Promise<void> {
  const body = Buffer.from(JSON.stringify(newRawMessage(a, b, '')))
  return new Promise((resolve, reject) => {
    channel.sendToQueue(queue, body, { persistent: true }, (error) => (error ? reject(error) : resolve()))
  })
}

async function runTask(body: Buffer, handler: Work['handler']): Promise<number> {
  const { args } = JSON.parse(body.toString()) as RawMessage
  const [a = 0, b = 0] = args
  return await handler(a, b)
}
