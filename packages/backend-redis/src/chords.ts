import { setTimeout as sleep } from 'node:timers/promises'
import type { ChordClaim } from '@machinery/core/adapter'
import { runScript } from '@machinery/redis-connection'
import { ChordMutex, mutexKey, mutexLifeMs } from './chord-mutex.js'
import { groupKeys } from './group-keys.js'
import { lifeMs } from './life-ms.js'
import type { Records } from './records.js'
import { claimChord, markChordSent } from './scripts/index.js'

/** Who may send a group's callback. */
export class Chords {
  readonly #records: Records
  readonly #mutex = new ChordMutex()

  constructor(records: Records) {
    this.#records = records
  }

  /** Waits for a worker in Go that raises the flag of a group; that takes a moment, or the life of its mutex if it died. */
  async claim(groupUuid: string, owner: string, leaseMs: number): Promise<ChordClaim> {
    const giveUpAt = performance.now() + mutexLifeMs + 500
    for (;;) {
      const answer = await this.#attempt(groupUuid, [owner, lifeMs(leaseMs)])
      if (answer !== 'busy') return answer
      if (performance.now() > giveUpAt) return 'held'
      await sleep(20 + 80 * Math.random())
    }
  }

  async markSent(groupUuid: string): Promise<void> {
    await runScript(await this.#records.client(), markChordSent, groupKeys(groupUuid))
  }

  async #attempt(groupUuid: string, args: readonly [owner: string, leaseMs: number]): Promise<ChordClaim | 'busy'> {
    const client = await this.#records.client()
    const keys = groupKeys(groupUuid)
    const claim = (more: readonly string[], hasMutex: 0 | 1): Promise<Answer> =>
      runScript(client, claimChord, [...keys, ...more], [...args, hasMutex]) as Promise<Answer>
    if (!this.#records.isCluster) return notMutex(await claim([mutexKey], 0))
    const answer = await claim([], 0)
    if (answer !== 'mutex') return answer
    // It lies in a slot of its own, so no script can look at both.
    return notMutex(await this.#mutex.run(client, () => claim([], 1)))
  }
}

type Answer = ChordClaim | 'busy' | 'mutex'

function notMutex(answer: Answer | undefined): ChordClaim | 'busy' {
  return answer === undefined || answer === 'mutex' ? 'busy' : answer
}
