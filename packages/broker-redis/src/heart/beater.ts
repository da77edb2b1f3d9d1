import { type RedisConnection, runScript } from '@machinery/redis-connection'
import { beat } from '../scripts/lives.js'
import type { HeartSettings } from './protocol.js'

/** Gives signs of life over one connection: in the thread for them, or in the main thread where that cannot be. */
export class Beater {
  readonly #connection: RedisConnection
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #connecting = new Set<string>()

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  start({ key, leaseMs, maxBlockedMs, lastBeat }: HeartSettings, lastTick: BigInt64Array): void {
    const times = new BigInt64Array(lastBeat)
    const maxBlocked = Number.isFinite(maxBlockedMs) ? BigInt(Math.ceil(maxBlockedMs * 1e6)) : undefined
    const beat = async (): Promise<void> => {
      const now = process.hrtime.bigint()
      if (maxBlocked !== undefined && now - Atomics.load(lastTick, 0) > maxBlocked) return
      await this.#beat(key, leaseMs, now, times)
    }
    // After a link was lost there is no time to wait for the next turn. What fails again shows as a sign of life that grows old.
    const tryBeat = (): void =>
      void beat()
        .catch(beat)
        .catch(() => {})
    this.#timers.set(key, setInterval(tryBeat, leaseMs / 3).unref())
    tryBeat()
  }

  stop(key: string): void {
    clearInterval(this.#timers.get(key))
    this.#timers.delete(key)
  }

  async close(): Promise<void> {
    for (const key of [...this.#timers.keys()]) this.stop(key)
    await this.#connection.close()
  }

  async #beat(key: string, leaseMs: number, now: bigint, times: BigInt64Array): Promise<void> {
    // The next beat comes anyway: beats that wait for a connection need not pile up.
    if (this.#connecting.has(key)) return
    this.#connecting.add(key)
    // Beats are spread over time as it is, so they may connect without waiting for their turn.
    const client = await this.#connection.ready({ soon: true }).finally(() => this.#connecting.delete(key))
    if (!this.#timers.has(key)) return
    await runScript(client, beat, [key], [Math.ceil(leaseMs)])
    // By when it was meant to be sent, so that the lease ends for us no later than for others.
    if (Atomics.load(times, 0) < now) Atomics.store(times, 0, now)
  }
}
