import { Redis } from 'ioredis'

/** How many strings under keys that match are as wanted. On a connection of its own. */
export async function countKeys(url: string, match: string, isWanted: (value: string) => boolean): Promise<number> {
  const redis = new Redis(url)
  try {
    const keys = new Set<string>()
    for await (const found of redis.scanStream({ match, count: 1_000 })) for (const key of found) keys.add(key)
    let wanted = 0
    const all = [...keys]
    for (let first = 0; first < all.length; first += 1_000) {
      const values = await redis.mget(all.slice(first, first + 1_000))
      for (const value of values) if (value !== null && isWanted(value)) wanted++
    }
    return wanted
  } finally {
    redis.disconnect()
  }
}
