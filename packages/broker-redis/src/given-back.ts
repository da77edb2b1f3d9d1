import { type RedisConnection, runScript } from '@machinery/redis-connection'
import { uniqueBytes } from './epoch-keeper.js'
import type { QueueKeys } from './keys.js'
import { moveGivenBack } from './scripts/delays.js'

const batchSize = 100

/** Moves messages of one queue that were given back with a delay and are due. Answers when the next is (epoch ms). */
export async function moveGivenBackDue(connection: RedisConnection, keys: QueueKeys): Promise<number | undefined> {
  const client = await connection.ready()
  const args = [Date.now(), batchSize, uniqueBytes]
  const [, next] = (await runScript(client, moveGivenBack, [keys.later, keys.queue], args)) as readonly [
    number,
    string | null,
  ]
  return next === null ? undefined : Number(next)
}
