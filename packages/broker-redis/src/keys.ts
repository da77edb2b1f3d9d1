import { slotTag } from '@machinery/redis-connection'

/** The keys of one queue: the list that Go knows too, and our private ones, which all lie in the list's cluster slot. */
export interface QueueKeys {
  /** List of signatures: pushed at its tail, taken from its head. */
  readonly queue: string
  /** Hash: id of a consumer -> how many epoch lists it has used. */
  readonly consumers: string
  /** Sorted set `<consumer id>:<how many epoch lists>`, scored by when it was buried (epoch ms). */
  readonly buried: string
  /**
   * Sorted set of delayed messages of this queue alone, scored by due time (epoch ms): those that were given back with a
   * delay, and those whose bodies do not name this queue. Before each stand bytes that make it unique.
   */
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

export function queueKeys(queue: string): QueueKeys {
  const prefix = prefixFor(queue)
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

/** The sorted set of delayed signatures that Go knows too, and what belongs to it. */
export interface DelayedKeys {
  /** Sorted set of signatures of all queues, scored by due time (Unix ns). */
  readonly set: string
  /** The channel on which producers tell that the soonest delayed message of all is another one. */
  readonly wake: string
  /** Set of the names of queues that have, or had, messages delayed in a set of their own (`QueueKeys.later`). */
  readonly queues: string
}

export function delayedKeys(key: string): DelayedKeys {
  const prefix = prefixFor(key)
  return { set: key, wake: `${prefix}:wake`, queues: `${prefix}:queues` }
}

/** What private keys begin with. Different for `fast` and `{fast}`, whose slot tags are the same. */
function prefixFor(key: string): string {
  const tag = slotTag(key)
  return tag === key ? `${key}::ts` : `${tag}:ts`
}
