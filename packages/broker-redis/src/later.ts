import { randomBytes } from 'node:crypto'
import { type RedisConnection, runScript } from '@machinery/redis-connection'
import type { QueueKeys } from './keys.js'
import { moveLater } from './scripts/delays.js'

const batchSize = 100

/** Random bytes before each message, as a sorted set holds equal members only once. */
const uniqueLength = 16

/** What stands before a body in a queue's own set of delayed messages. */
export function uniqueBytes(): Buffer {
  return randomBytes(uniqueLength)
}

export function laterMember(body: Buffer): Buffer {
  return Buffer.concat([uniqueBytes(), body])
}

export function bodyOfLater(member: Buffer): Buffer {
  return member.subarray(uniqueLength)
}

/** Moves due messages of a queue's own set to the queue, a batch. Answers when the next is due (epoch ms, by our clock). */
export async function moveLaterDue(connection: RedisConnection, keys: QueueKeys): Promise<number | undefined> {
  const client = await connection.ready()
  const args = [batchSize, uniqueLength]
  const [, waitMs] = (await runScript(client, moveLater, [keys.later, keys.queue], args)) as readonly [
    number,
    string | null,
  ]
  return waitMs === null ? undefined : Date.now() + Number(waitMs)
}
