import { connect } from 'node:net'

/** What a Redis server answers. An error it reports is thrown, never returned. */
export type RedisReply = string | number | null | readonly RedisReply[]

/**
 * Sends one command to the Redis server on a loopback port and returns the reply. For setting servers up and for
 * looking at them from outside: a connection of its own each time.
 */
export async function redisCommand(port: number, ...args: readonly string[]): Promise<RedisReply> {
  const [reply] = await redisCommands(port, [args])
  return reply ?? null
}

/** Sends several commands over one connection; needed where one prepares the next (AUTH, SELECT). */
export function redisCommands(port: number, commands: readonly (readonly string[])[]): Promise<readonly RedisReply[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const failed = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    const replies: RedisReply[] = []
    let received = Buffer.alloc(0)
    socket.setTimeout(5000, () => failed(new Error(`Redis on port ${port} did not answer ${commands} within 5 s.`)))
    socket.on('error', failed)
    socket.on('close', () => reject(new Error(`Redis on port ${port} closed the connection.`)))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      try {
        for (let parsed = parse(received, 0); parsed; parsed = parse(received, 0)) {
          replies.push(parsed.value)
          received = received.subarray(parsed.end)
        }
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)))
      }
      if (replies.length < commands.length) return
      resolve(replies)
      socket.end()
    })
    for (const command of commands) socket.write(encode(command))
  })
}

function encode(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`
}

interface Parsed {
  readonly value: RedisReply
  readonly end: number
}

/** Reads one reply that begins at `start`, or answers nothing when it has not arrived completely. */
function parse(bytes: Buffer, start: number): Parsed | undefined {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd === -1) return undefined
  const line = bytes.toString('utf8', start + 1, lineEnd)
  const end = lineEnd + 2
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case '+':
      return { value: line, end }
    case ':':
      return { value: Number(line), end }
    case '-':
      throw new Error(line)
    case '$':
      return parseText(bytes, end, Number(line))
    case '*':
      return parseList(bytes, end, Number(line))
    default:
      throw new Error(`Not a Redis reply: ${line}`)
  }
}

function parseText(bytes: Buffer, start: number, length: number): Parsed | undefined {
  if (length === -1) return { value: null, end: start }
  const end = start + length + 2
  return bytes.length < end ? undefined : { value: bytes.toString('utf8', start, end - 2), end }
}

function parseList(bytes: Buffer, start: number, length: number): Parsed | undefined {
  const items: RedisReply[] = []
  let end = start
  for (let i = 0; i < length; i++) {
    const item = parse(bytes, end)
    if (!item) return undefined
    items.push(item.value)
    end = item.end
  }
  return { value: length === -1 ? null : items, end }
}
