import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits for a condition, and returns what it came to.
 * @param what for the message when it does not come true within `ms` milliseconds
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  ms: number,
  what: () => string,
): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + ms
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > giveUpAt) throw new Error(`Not within ${ms} ms: ${what()}`)
    await delay(10)
  }
}
