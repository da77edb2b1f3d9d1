import type { Delivery } from '@machinery/core/adapter'

/**
 * A delivery of this broker. `held`: unsettled. `finished`: acknowledged, and still in its list. `leaving`: on its way
 * back or to the parked ones; `stuck`: that failed and is tried again. `gone`: no longer in our list.
 */
export class RedisDelivery implements Delivery {
  readonly body: Buffer
  readonly deliveryCount: number
  readonly epoch: Epoch
  state: 'held' | 'finished' | 'leaving' | 'stuck' | 'gone' = 'held'

  constructor(body: Buffer, deliveryCount: number, epoch: Epoch) {
    this.body = body
    this.deliveryCount = deliveryCount
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

  constructor(slot: number, key: string, bodies: readonly Buffer[], counts: readonly number[] | undefined) {
    this.slot = slot
    this.key = key
    this.takenAt = performance.now()
    this.deliveries = bodies.map((body, index) => new RedisDelivery(body, 1 + (counts?.[index] ?? 0), this))
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
