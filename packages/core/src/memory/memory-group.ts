import type { ChordClaim, GroupRecord } from '../contracts/index.js'
import type { Life } from './expiring-map.js'

/** A group as the memory backend keeps it. */
export class MemoryGroup {
  readonly life: Life
  readonly #record: GroupRecord
  /** The members not known to have ended. */
  readonly #unfinished: Set<string>
  #claim: { readonly owner: string; readonly expiresAt: number } | undefined
  #isSent: boolean

  constructor(record: GroupRecord, expiresAt: number) {
    this.life = { expiresAt }
    this.#record = { ...record, taskUuids: [...record.taskUuids] }
    this.#unfinished = new Set(record.taskUuids)
    this.#isSent = record.chordTriggered
  }

  get record(): GroupRecord {
    return { ...this.#record, chordTriggered: this.#isSent || this.#claim !== undefined }
  }

  /**
   * Notes a member, and those `hasEnded` knows to have ended; true when all have. Each member is struck off once and a
   * look at one that has not ended is the last of its call: n members cost 2n looks at most, however they come.
   */
  finish(taskUuid: string, hasEnded: (taskUuid: string) => boolean): boolean {
    this.#unfinished.delete(taskUuid)
    for (const other of this.#unfinished) {
      if (!hasEnded(other)) return false
      this.#unfinished.delete(other)
    }
    return true
  }

  claim(owner: string, now: number, leaseMs: number): ChordClaim {
    if (this.#isSent) return 'sent'
    const isHeldByAnother = this.#claim !== undefined && this.#claim.owner !== owner && this.#claim.expiresAt > now
    if (isHeldByAnother) return 'held'
    this.#claim = { owner, expiresAt: now + leaseMs }
    return 'claimed'
  }

  markSent(): void {
    this.#isSent = true
  }
}
