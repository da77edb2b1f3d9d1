import { type InspectedMessage, peekRoutingKey } from '@machinery/core/adapter'
import { type RedisClient, runScript } from '@machinery/redis-connection'
import { readDeadLetter } from './dead-letter.js'
import { msOf } from './delayed-set.js'
import type { QueueKeys } from './keys.js'
import { bodyOfLater } from './later.js'
import { audit } from './scripts/lives.js'

/** How many entries are looked at with one command. */
const pageSize = 500

/** Entries of a list from its head. */
export async function firstEntries(client: RedisClient, key: string, limit: number): Promise<Buffer[]> {
  if (limit <= 0) return []
  return (await client.callBuffer('lrange', key, 0, limit - 1)) as Buffer[]
}

export async function deadMessages(client: RedisClient, keys: QueueKeys, limit: number): Promise<InspectedMessage[]> {
  return (await firstEntries(client, keys.dead, limit)).map(readDeadLetter)
}

/** Signatures of the delayed set, soonest first; where `isWanted` is given, those whose queue it accepts. */
export async function delayedSignatures(
  client: RedisClient,
  key: string,
  limit: number,
  isWanted?: (routingKey: string | undefined) => boolean,
): Promise<InspectedMessage[]> {
  const found: InspectedMessage[] = []
  for await (const [body, score] of membersOf(client, key)) {
    if (found.length >= limit) break
    if (isWanted === undefined || isWanted(peekRoutingKey(body))) found.push({ body, deliverAt: new Date(msOf(score)) })
  }
  return found
}

export async function countDelayedSignatures(
  client: RedisClient,
  key: string,
  isWanted: (routingKey: string | undefined) => boolean,
): Promise<number> {
  let count = 0
  for await (const [body] of membersOf(client, key)) if (isWanted(peekRoutingKey(body))) count++
  return count
}

/** Messages of a queue's own set, soonest first. */
export async function laterMessages(client: RedisClient, keys: QueueKeys, limit: number): Promise<InspectedMessage[]> {
  const found: InspectedMessage[] = []
  for await (const [member, score] of membersOf(client, keys.later)) {
    if (found.length >= limit) break
    found.push({ body: bodyOfLater(member), deliverAt: new Date(Number(score.toString())) })
  }
  return found
}

/** How many messages all consumers' lists hold. */
export async function countInFlight(client: RedisClient, keys: QueueKeys): Promise<number> {
  const consumers = (await client.hgetall(keys.consumers)) as Record<string, string>
  let count = 0
  for (const [id, lists] of Object.entries(consumers)) {
    const all = Array.from({ length: Number(lists) }, (_, slot) => keys.epoch(id, slot))
    for (let start = 0; start < all.length; start += pageSize) {
      const found = await runScript(client, audit, [keys.consumers, ...all.slice(start, start + pageSize)], [id])
      const [, ...lengths] = found as readonly number[]
      count += lengths.reduce((sum, length) => sum + length, 0)
    }
  }
  return count
}

/** Deletes a list, and answers how many entries it had. */
export async function deleteList(client: RedisClient, key: string): Promise<number> {
  const replies = await client.multi().llen(key).del(key).exec()
  const [error, length] = replies?.[0] ?? [null, 0]
  if (error) throw error
  return Number(length)
}

/** Pages through a sorted set, so that its size does not matter. What changes meanwhile may be missed or come twice. */
async function* membersOf(client: RedisClient, key: string): AsyncGenerator<readonly [member: Buffer, score: Buffer]> {
  for (let start = 0; ; start += pageSize) {
    const page = (await client.callBuffer('zrange', key, start, start + pageSize - 1, 'WITHSCORES')) as Buffer[]
    for (let i = 0; i + 1 < page.length; i += 2) yield [page[i] as Buffer, page[i + 1] as Buffer]
    if (page.length < 2 * pageSize) return
  }
}
