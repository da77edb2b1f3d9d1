import type { Delivery } from '@machinery/core/adapter'
import { countIn, isAfterDelay } from './scripts/delivery-counts.js'

/**
 * A delivery of this broker. `held`: unsettled. `finished`: acknowledged, and still in its list. `leaving`: on its way
 * back or to the parked ones; `stuck`: that failed and is tried again. `gone`: no longer in our list.
 */
export class RedisDelivery implements Delivery {
  readonly body: Buffer
  readonly deliveryCount: number
  /** Whether a consumer gave it back with a delay last, and it may be left to others first. */
  readonly isAfterDelay: boolean
  readonly epoch: Epoch
  state: 'held' | 'finished' | 'leaving' | 'stuck' | 'gone' = 'held'

  /** @param field what the hash of delivery counts holds for it; 0: nothing */
  constructor(body: Buffer, field: number, epoch: Epoch) {
    this.body = body
    this.deliveryCount = 1 + countIn(field)
    this.isAfterDelay = isAfterDelay(field)
    this.epoch = epoch
  }
}

/** Messages that were taken at once, and the list on the server that holds them until the last one is settled. */
export class Epoch {
  readonly slot: number
  readonly key: string
  readonly takenAt: number
  readonly deliveries: readonly RedisDelivery[]
  /** How many are neither finished nor gone. */
  unfinished: number
  /** How many entries its list has. */
  stored: number
  /** Commands on their way that change its list. */
  changing = 0

  constructor(slot: number, key: string, bodies: readonly Buffer[], fields: readonly number[] | undefined) {
    this.slot = slot
    this.key = key
    this.takenAt = performance.now()
    this.deliveries = bodies.map((body, index) => new RedisDelivery(body, fields?.[index] ?? 0, this))
    this.unfinished = bodies.length
    this.stored = bodies.length
  }

  finish(delivery: RedisDelivery): void {
    delivery.state = 'finished'
    this.unfinished--
  }

  /** The server took it out of the list. */
  leave(delivery: RedisDelivery): void {
    if (delivery.state !== 'finished') this.unfinished--
    delivery.state = 'gone'
    this.stored--
  }

  inState(state: RedisDelivery['state']): RedisDelivery[] {
    return this.deliveries.filter((delivery) => delivery.state === state)
  }
}
