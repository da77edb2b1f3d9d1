import { randomBytes } from 'node:crypto'
import { type RedisClient, runScript } from '@machinery/redis-connection'
import { releaseMutex, takeMutex } from './scripts/index.js'

/** The lock under which Go raises ChordTriggered, one for all groups. */
export const mutexKey = 'TriggerChordMutex'

/** How long it is held at most, in milliseconds. */
export const mutexLifeMs = 8_000

/** Takes Go's mutex in Go's way, for one section at a time. */
export class ChordMutex {
  #previous: Promise<unknown> = Promise.resolve()
  /** With which values we may hold it, where an answer was lost: otherwise we would wait for ourselves. */
  #unsure: string[] = []

  /** Acts while nobody else has the mutex; undefined where somebody has it. */
  run<T>(client: RedisClient, act: () => Promise<T>): Promise<T | undefined> {
    const section = this.#previous.then(() => this.#enter(client, act))
    this.#previous = section.catch(() => {})
    return section
  }

  async #enter<T>(client: RedisClient, act: () => Promise<T>): Promise<T | undefined> {
    const value = randomBytes(16).toString('base64')
    const earlier = this.#unsure
    this.#unsure = [...earlier, value]
    const isTaken = (await runScript(client, takeMutex, [mutexKey], [value, mutexLifeMs, ...earlier])) === 1
    this.#unsure = isTaken ? [value] : []
    if (!isTaken) return undefined
    try {
      return await act()
    } finally {
      await runScript(client, releaseMutex, [mutexKey], [value]).then(
        () => {
          this.#unsure = []
        },
        () => {},
      )
    }
  }
}
