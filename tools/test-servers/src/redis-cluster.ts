import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.js'
import { startRedis } from './redis.js'
import { redisCommand } from './resp.js'
import type { TestServer } from './test-server.js'

export interface RedisClusterOptions {
  /** How many masters share the slots. @default 3 */
  readonly nodes?: number
  /** More arguments of every redis-server. */
  readonly args?: readonly string[]
}

export interface TestCluster extends AsyncDisposable {
  /** `redis://127.0.0.1:1,127.0.0.1:2,…`, the form that Machinery's configuration takes. */
  readonly url: string
  readonly nodes: readonly TestServer[]
  stop(): Promise<void>
}

/** How many hash slots a Redis Cluster has. */
const slots = 16_384

/** Starts a Redis Cluster of masters without replicas, and waits until every node serves. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<TestCluster> {
  const { nodes: count = 3, args = [] } = options
  const busPorts = await Promise.all(Array.from({ length: count }, () => freePort()))
  const nodes = await startAll(busPorts.map((busPort) => startNode(busPort, args)))
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())))
  try {
    await join(nodes, busPorts)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `redis://${nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`,
    nodes,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function startNode(busPort: number, args: readonly string[]): Promise<TestServer> {
  return startRedis({
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '2000'],
      ...['--cluster-port', String(busPort), '--cluster-require-full-coverage', 'yes', ...args],
    ],
  })
}

/** All, or none: what did start is stopped again when another did not. */
export async function startAll(starting: readonly Promise<TestServer>[]): Promise<readonly TestServer[]> {
  const outcomes = await Promise.allSettled(starting)
  const servers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (!failed) return servers
  await Promise.all(servers.map((server) => server.stop()))
  throw failed.reason
}

async function join(nodes: readonly TestServer[], busPorts: readonly number[]): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    const first = Math.floor((slots * i) / nodes.length)
    const last = Math.floor((slots * (i + 1)) / nodes.length) - 1
    await redisCommand(node.port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
    await redisCommand(node.port, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(last))
  }
  const entry = nodes[0]?.port ?? 0
  for (const [i, node] of nodes.entries()) {
    if (i > 0) await redisCommand(entry, 'CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(busPorts[i]))
  }
  const deadline = Date.now() + 20_000
  while (!(await allServe(nodes))) {
    if (Date.now() > deadline) throw new Error(`The Redis Cluster of ${nodes.length} nodes did not form within 20 s.`)
    await delay(50)
  }
}

async function allServe(nodes: readonly TestServer[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map((node) => redisCommand(node.port, 'CLUSTER', 'INFO')))
  return infos.every((info) => {
    const text = String(info)
    return text.includes('cluster_state:ok') && text.includes(`cluster_known_nodes:${nodes.length}\r`)
  })
}
