import { type RedisClient, runScript } from '@machinery/redis-connection'
import type { QueueKeys } from './keys.js'
import { enoughBytes, mostMessages, today } from './portions.js'
import { bury, giveBack, pruneCounts } from './scripts/lives.js'

/**
 * How long the lists of a buried consumer are looked at, in milliseconds: a blocking move that it sent may arrive as late as
 * networks deliver, and cannot be fenced.
 */
const watchMs = 3_600_000

/** How often delivery counts are pruned, and how old they become: milliseconds, days. */
const pruneEveryMs = 3_600_000
const keepCountsDays = 7

/** Takes the messages of dead consumers of one queue over. Any number of consumers may do so at the same time. */
export class Graveyard {
  readonly #keys: QueueKeys
  readonly #ownId: string
  readonly #confirm: () => Promise<void>
  #prunedAt = performance.now()

  /** @param confirm waits as long as a consumer must stay dead: its sign of life may be on its way */
  constructor(keys: QueueKeys, ownId: string, confirm: () => Promise<void>) {
    this.#keys = keys
    this.#ownId = ownId
    this.#confirm = confirm
  }

  /** Buries consumers without a sign of life, and gives back what buried ones hold. */
  async tend(client: RedisClient): Promise<void> {
    const ids = ((await client.hkeys(this.#keys.consumers)) as string[]).filter((id) => id !== this.#ownId)
    const silent = await this.#silent(client, ids)
    if (silent.length > 0) {
      await this.#confirm()
      for (const id of await this.#silent(client, silent)) await buryConsumer(client, this.#keys, id)
    }
    const buried = (await client.zrange(this.#keys.buried, '0', '-1', 'WITHSCORES')) as string[]
    for (let i = 0; i < buried.length; i += 2) {
      const [member = '', buriedAt = ''] = buried.slice(i, i + 2)
      await giveBackLists(client, this.#keys, listsOf(this.#keys, member), today())
      if (Date.now() - Number(buriedAt) > watchMs) await client.zrem(this.#keys.buried, member)
    }
    if (performance.now() - this.#prunedAt > pruneEveryMs) await this.#prune(client)
  }

  async #silent(client: RedisClient, ids: readonly string[]): Promise<readonly string[]> {
    if (ids.length === 0) return []
    const signs = (await client.mget(ids.map((id) => this.#keys.alive(id)))) as (string | null)[]
    return ids.filter((_, index) => signs[index] === null)
  }

  async #prune(client: RedisClient): Promise<void> {
    this.#prunedAt = performance.now()
    let cursor = '0'
    do {
      cursor = String(await runScript(client, pruneCounts, [this.#keys.counts], [cursor, today() - keepCountsDays]))
    } while (cursor !== '0')
  }
}

/**
 * Takes a consumer off the register, unless it lives; with `evenAlive`, in any case.
 * Returns its member of the buried, or null when it was not (or no longer) registered.
 */
export async function buryConsumer(
  client: RedisClient,
  keys: QueueKeys,
  id: string,
  options: { readonly evenAlive: boolean } = { evenAlive: false },
): Promise<string | null> {
  const args = [id, Date.now(), options.evenAlive ? 1 : 0]
  return (await runScript(client, bury, [keys.consumers, keys.buried, keys.alive(id)], args)) as string | null
}

/** Moves all that is in the lists to the head of the queue, the first list ahead. */
export async function giveBackLists(
  client: RedisClient,
  keys: QueueKeys,
  lists: readonly string[],
  countDay?: number,
): Promise<void> {
  if (lists.length === 0) return
  const args = [mostMessages, enoughBytes, countDay ?? '']
  while (Number(await runScript(client, giveBack, [keys.queue, keys.counts, ...lists], args)) > 0);
}

/** @param member `<consumer id>:<how many lists>` */
function listsOf(keys: QueueKeys, member: string): readonly string[] {
  const end = member.lastIndexOf(':')
  const id = member.slice(0, end)
  return Array.from({ length: Number(member.slice(end + 1)) }, (_, slot) => keys.epoch(id, slot))
}
