import { connect, createServer, type Server, type Socket } from 'node:net'
import { startRabbitMq } from '@machinery-internal/test-servers'
import { connect as connectAmqp } from 'amqplib'

/** A RabbitMQ that has no queues that are neither durable nor exclusive. */
export interface RefusingServer extends AsyncDisposable {
  readonly url: string
}

/** What RabbitMQ 4.3.0 says, which refuses them unless its operator permits them. AMQP has room for so much of it. */
export const wordsOf43 =
  'INTERNAL_ERROR - Feature `transient_nonexcl_queues` is deprecated.\nBy default, this feature is not permitted anymore.\nThe feature will be removed from a future major RabbitMQ version, regardless of the configuration; actual version to be determined.\nTo...'

/** What RabbitMQ 3.12 and later say where their operator refuses them. */
const wordsOf312 =
  'INTERNAL_ERROR - Feature `transient_nonexcl_queues` is deprecated.\nIts use is not permitted per the configuration (overriding the default, which is permitted):\n    "deprecated_features.permit.transient_nonexcl_queues = false"\nIts use will not be permit...'

/** A server of the version of `url` that is told to refuse them; before 3.12 none can be, and one of these answers for it. */
export async function startRefusingServer(url: string): Promise<RefusingServer> {
  const model = await connectAmqp(url)
  const [major, minor] = model.connection.serverProperties.version.split('.').map(Number) as [number, number]
  await model.close()
  if (major === 3 && minor < 12) return startRefusingProxy(url, wordsOf312)
  return startRabbitMq({ configuration: 'deprecated_features.permit.transient_nonexcl_queues = false' })
}

/** In front of a server: answers the declaration of such a queue with the end of the connection, in these words. */
export async function startRefusingProxy(url: string, words: string): Promise<RefusingServer> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const listener: Server = createServer((client) => {
    const server = connect(Number(target.port || 5672), target.hostname)
    let isRefused = false
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => (socket === client ? server : client).destroy())
    }
    server.on('data', (bytes) => !isRefused && client.write(bytes))
    client.on('data', (bytes) => {
      if (isRefused) {
        // It said that it heard, and whoever closes the connection ends it.
        client.end()
      } else if (declaresTransient(bytes)) {
        isRefused = true
        client.write(connectionClose(541, words))
      } else server.write(bytes)
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  return {
    url: url.replace(target.host, `127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

/** Whether there is a `queue.declare` among the frames that is neither passive, durable nor exclusive. */
function declaresTransient(bytes: Buffer): boolean {
  // The first bytes of a connection are no frame.
  for (let at = bytes.subarray(0, 4).equals(Buffer.from('AMQP')) ? 8 : 0; at + 11 <= bytes.length; ) {
    const [type, size] = [bytes[at], bytes.readUInt32BE(at + 3)]
    if (type === 1 && bytes.readUInt16BE(at + 7) === 50 && bytes.readUInt16BE(at + 9) === 10) {
      const flagsAt = at + 14 + (bytes[at + 13] as number)
      if (((bytes[flagsAt] as number) & 0b111) === 0) return true
    }
    at += size + 8
  }
  return false
}

function connectionClose(code: number, words: string): Buffer {
  const text = Buffer.from(words).subarray(0, 255)
  const frame = Buffer.alloc(11 + 3 + text.length + 4 + 1)
  frame[0] = 1
  frame.writeUInt32BE(frame.length - 8, 3)
  frame.writeUInt16BE(10, 7)
  frame.writeUInt16BE(50, 9)
  frame.writeUInt16BE(code, 11)
  frame[13] = text.length
  text.copy(frame, 14)
  frame[frame.length - 1] = 0xce
  return frame
}
