import { startRabbitMq, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { redisInfo } from './redis-info.js'
import type { Suite } from './suite.js'

/** A server that holds nothing, and of Redis writes nothing to disk. */
export function startServer(kind: Suite['server']): Promise<TestServer> {
  return kind === 'redis' ? startRedis() : startRabbitMq()
}

/** Its version, as it says itself. */
export async function serverVersion(kind: Suite['server'], url: string): Promise<string> {
  if (kind === 'redis') return /^redis_version:(\S+)/m.exec(await redisInfo(url, 'server'))?.[1] ?? 'unknown'
  const { connect } = await import('amqplib')
  const connection = await connect(url)
  const { version } = connection.connection.serverProperties
  await connection.close()
  return version
}
