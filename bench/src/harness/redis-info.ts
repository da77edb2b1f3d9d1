import { redisCommand } from '@machinery-internal/test-servers'

/** A section of what a Redis server says of itself. On a connection of its own. */
export async function redisInfo(url: string, section: string): Promise<string> {
  return String(await redisCommand(Number(new URL(url).port), 'INFO', section))
}
