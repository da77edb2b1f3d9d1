import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findRedisServer } from './binaries.js'
import { freePort } from './free-port.js'
import { redisCommand } from './resp.js'
import { ServerProcess } from './server-process.js'
import { removeDirectory, temporaryDirectory } from './temporary-directory.js'
import { startTestServer, type TestServer } from './test-server.js'

export interface RedisOptions {
  /** Default: a free one. */
  readonly port?: number
  /**
   * Whether data survive the process, and how soon they are safe: `always` before each reply, `everysec` within a second.
   * @default 'none'
   */
  readonly durability?: 'none' | 'everysec' | 'always'
  /** Text of a configuration file, which the server may rewrite. Arguments count more than what it says. */
  readonly configuration?: string
  /** More arguments of redis-server, for example `['--maxmemory', '50mb']`. */
  readonly args?: readonly string[]
}

/** Starts redis-server on the loopback interface. Rejects when the binary is not to be had: see `findRedisServer`. */
export async function startRedis(options: RedisOptions = {}): Promise<TestServer> {
  const file = findRedisServer()
  if (file === undefined) {
    throw new Error('redis-server was not found. Install it, or set MACHINERY_REDIS_SERVER to the path of its binary.')
  }
  const { port = await freePort(), durability = 'none', args = [] } = options
  const dir = await temporaryDirectory('redis')
  const configurationFile = join(dir, 'redis.conf')
  await writeFile(configurationFile, options.configuration ?? '')
  const server = new ServerProcess({
    name: 'Redis',
    file,
    args: [
      configurationFile,
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''],
      ...(durability === 'none' ? [] : ['--appendonly', 'yes', '--appendfsync', durability]),
      ...args,
    ],
    dir,
    isReady: () => answers(port),
    readyWithinMs: 20_000,
  })
  const stop = async (): Promise<void> => {
    // Its data are removed anyway, so there is nothing to save.
    await server.kill('SIGKILL')
    await removeDirectory(dir)
  }
  return startTestServer(server, { url: `redis://127.0.0.1:${port}`, port, dir }, stop)
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await redisCommand(port, 'PING')) === 'PONG'
  } catch (error) {
    // A server that asks for a password is up.
    return error instanceof Error && error.message.startsWith('NOAUTH')
  }
}
