import { slotTag } from '@machinery/redis-connection'

/** The keys of one queue: the list that Go knows too, and our private ones, which all lie in the list's cluster slot. */
export interface QueueKeys {
  /** List of signatures: pushed at its tail, taken from its head. */
  readonly queue: string
  /** Hash: id of a consumer -> how many epoch lists it has used. */
  readonly consumers: string
  /** Sorted set `<consumer id>:<how many epoch lists>`, scored by when it was buried (epoch ms). */
  readonly buried: string
  /** Sorted set of messages that were given back with a delay, scored by due time (epoch ms). */
  readonly later: string
  /** List of parked messages: see dead-letter.ts. */
  readonly dead: string
  /** Hash: fingerprint of a message -> how often it was delivered without being finished. */
  readonly counts: string
  /** Exists as long as the consumer lives. */
  alive(consumerId: string): string
  /** List of messages that the consumer took at once and has not finished. */
  epoch(consumerId: string, slot: number): string
}

/** @throws TypeError for a queue whose name no other key can share a slot with */
export function queueKeys(queue: string): QueueKeys {
  const tag = slotTag(queue)
  // A name with a tag of its own is kept whole, or all queues of one tag would share their private keys.
  const prefix = queue.includes(tag) ? `${queue}::ts` : `${tag}:ts`
  return {
    queue,
    consumers: `${prefix}:workers`,
    buried: `${prefix}:buried`,
    later: `${prefix}:delayed`,
    dead: `${prefix}:dead`,
    counts: `${prefix}:deliveries`,
    alive: (consumerId) => `${prefix}:alive:${consumerId}`,
    epoch: (consumerId, slot) => `${prefix}:processing:${consumerId}:${slot}`,
  }
}

/** On which producers tell that the soonest member of the delayed set is another one. */
export function wakeChannel(delayedTasksKey: string): string {
  return `${delayedTasksKey}:ts:wake`
}
