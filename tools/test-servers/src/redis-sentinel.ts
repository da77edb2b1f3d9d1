import { setTimeout as delay } from 'node:timers/promises'
import { startRedis } from './redis.js'
import { startAll } from './redis-cluster.js'
import { redisCommand } from './resp.js'
import type { TestServer } from './test-server.js'

export interface RedisSentinelOptions {
  /** How many sentinels watch; a majority decides. @default 1 */
  readonly sentinels?: number
  /** How long a master may be silent before it counts as down, in milliseconds. @default 1000 */
  readonly downAfterMs?: number
}

export interface TestSentinel extends AsyncDisposable {
  /** The sentinels: `redis://127.0.0.1:1,127.0.0.1:2,…`. */
  readonly url: string
  readonly masterName: string
  readonly sentinels: readonly TestServer[]
  /** The server that began as master, and the one that began as its replica. */
  readonly master: TestServer
  readonly replica: TestServer
  /** The port of the master as the sentinels see it now. */
  masterPort(): Promise<number>
  stop(): Promise<void>
}

const masterName = 'machinery'

/** Starts a master, a replica of it and sentinels, and waits until a failover would succeed. */
export async function startRedisSentinel(options: RedisSentinelOptions = {}): Promise<TestSentinel> {
  const { sentinels: count = 1, downAfterMs = 1000 } = options
  const started: TestServer[] = []
  const stop = async (): Promise<void> => void (await Promise.all(started.map((server) => server.stop())))
  try {
    const master = await startRedis()
    started.push(master)
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
    started.push(replica)
    await until('The replica did not catch up', async () =>
      String(await redisCommand(replica.port, 'INFO', 'replication')).includes('master_link_status:up'),
    )
    const majority = Math.floor(count / 2) + 1
    const configuration = `sentinel monitor ${masterName} 127.0.0.1 ${master.port} ${majority}
sentinel down-after-milliseconds ${masterName} ${downAfterMs}
sentinel failover-timeout ${masterName} 10000
`
    const sentinels = await startAll(
      Array.from({ length: count }, () => startRedis({ configuration, args: ['--sentinel'] })),
    )
    started.push(...sentinels)
    await until('The sentinels did not find each other and the replica', async () => {
      const views = await Promise.all(sentinels.map((sentinel) => viewOf(sentinel.port)))
      return views.every((view) => view.get('num-slaves') === '1' && view.get('num-other-sentinels') === `${count - 1}`)
    })
    return {
      url: `redis://${sentinels.map((sentinel) => `127.0.0.1:${sentinel.port}`).join(',')}`,
      masterName,
      sentinels,
      master,
      replica,
      masterPort: async () => Number((await viewOf(sentinels[0]?.port ?? 0)).get('port')),
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function viewOf(sentinelPort: number): Promise<Map<string, string>> {
  const reply = await redisCommand(sentinelPort, 'SENTINEL', 'MASTER', masterName)
  const view = new Map<string, string>()
  if (Array.isArray(reply)) for (let i = 0; i < reply.length; i += 2) view.set(String(reply[i]), String(reply[i + 1]))
  return view
}

async function until(otherwise: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${otherwise} within 20 s.`)
    await delay(50)
  }
}
