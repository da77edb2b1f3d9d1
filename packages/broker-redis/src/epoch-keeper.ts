import { type Settled, settledOk } from '@machinery/core/adapter'
import { type RedisClient, runScript, runScriptForBuffers } from '@machinery/redis-connection'
import { deadLetterHeader } from './dead-letter.js'
import type { Epoch, RedisDelivery } from './epoch.js'
import { EpochRing } from './epoch-ring.js'
import { fingerprint } from './fingerprint.js'
import type { QueueKeys } from './keys.js'
import { uniqueBytes } from './later.js'
import { enoughBytes, portions, today } from './portions.js'
import { claim } from './scripts/claim.js'
import { dropLists, moveOut } from './scripts/settling.js'
import { notHeld, settledBy } from './settled.js'

/** Where a delivery goes that leaves its list. */
export type Way =
  | { readonly to: 'head' }
  | { readonly to: 'tail' }
  | { readonly to: 'later'; readonly delayMs: number }
  | { readonly to: 'dead'; readonly reason: string }
  /** It is finished. */
  | { readonly to: 'gone' }

/** One consumer's epoch lists on the server, and what is known here of them. */
export class EpochKeeper {
  readonly ring: EpochRing
  readonly #keys: QueueKeys
  readonly #consumerId: string
  readonly #client: () => Promise<RedisClient>
  /** All finished, and the list is still to be dropped. */
  readonly #undropped = new Set<Epoch>()

  constructor(keys: QueueKeys, consumerId: string, client: () => Promise<RedisClient>) {
    this.ring = new EpochRing((slot) => keys.epoch(consumerId, slot))
    this.#keys = keys
    this.#consumerId = consumerId
    this.#client = client
  }

  /** Takes up to `max` messages into a reserved slot. Undefined when the consumer is not registered (any more). */
  async claim(slot: number, max: number): Promise<readonly RedisDelivery[] | undefined> {
    const { queue, consumers, counts } = this.#keys
    const keys = [queue, consumers, this.ring.keyOf(slot), counts]
    const args = [this.#consumerId, slot + 1, max, enoughBytes]
    const found = (await runScriptForBuffers(await this.#client(), claim, keys, args)) as Claimed | null
    if (found === null) return undefined
    const [bodies, earlier] = found
    return bodies.length === 0 ? [] : this.ring.fill(slot, bodies, earlier ?? undefined).deliveries
  }

  /** Whether the delivery is this consumer's, and unsettled. */
  holds(delivery: unknown): delivery is RedisDelivery {
    // Not `instanceof`: what counts is that it is one of ours.
    const { epoch, state } = delivery as Partial<RedisDelivery>
    return state === 'held' && epoch !== undefined && this.ring.epochAt(epoch.slot) === epoch
  }

  /** Deletes the lists of epochs whose deliveries are all finished. Answers for each what became of these. */
  async drop(epochs: readonly Epoch[]): Promise<ReadonlyMap<Epoch, Settled>> {
    const answers = new Map<Epoch, Settled>()
    const dropping = epochs.filter((epoch) => epoch.changing === 0 && this.ring.epochAt(epoch.slot) === epoch)
    if (dropping.length === 0) return answers
    for (const epoch of dropping) this.#begin(epoch)
    let lengths: readonly number[]
    try {
      lengths = (await runScript(
        await this.#client(),
        dropLists,
        [this.#keys.counts, ...dropping.map((epoch) => epoch.key)],
        [...dropping.map((epoch) => epoch.stored), ...dropping.flatMap(countedFingerprints)],
      )) as readonly number[]
    } catch (error) {
      for (const epoch of dropping) {
        this.#end(epoch)
        // It is finished all the same, so it is dropped later.
        this.#undropped.add(epoch)
        answers.set(epoch, settledBy(error))
      }
      return answers
    }
    for (const [index, epoch] of dropping.entries()) {
      this.#end(epoch)
      const length = lengths[index] ?? 0
      if (length === epoch.stored || length === 0) {
        this.ring.release(epoch.slot)
        answers.set(epoch, length === 0 ? notHeld : settledOk)
      } else {
        answers.set(epoch, await this.#dropSingly(epoch))
      }
    }
    return answers
  }

  /** Takes deliveries out of their lists. Answers for each; what could not be taken out is tried again by `upkeep`. */
  async moveOut(deliveries: readonly RedisDelivery[], way: Way): Promise<readonly Settled[]> {
    const answers: Settled[] = []
    const touched = new Set<Epoch>()
    // From the end, so that those at the head of the queue end up in their order.
    for (const portion of [...portions(deliveries)].reverse()) {
      for (const { epoch } of portion) touched.add(epoch)
      answers.unshift(...(await this.#moveOutSome(portion, way)))
    }
    await this.#settleEmptied(touched)
    return answers
  }

  /** How many entries the lists hold whose deliveries are finished. */
  get finishedStored(): number {
    return this.ring.epochs.reduce((sum, epoch) => sum + epoch.stored - epoch.unfinished, 0)
  }

  /** Does again what failed, and takes finished messages out of lists that are older than `compactMs`. */
  async upkeep(compactMs: number): Promise<void> {
    const undropped = [...this.#undropped]
    this.#undropped.clear()
    await this.drop(undropped)
    const { epochs } = this.ring
    const stuck = epochs.flatMap((epoch) => epoch.inState('stuck'))
    for (const delivery of stuck) delivery.state = 'leaving'
    await this.moveOut(stuck, { to: 'head' })
    const bound = performance.now() - compactMs
    const old = epochs.filter((epoch) => epoch.takenAt <= bound && epoch.unfinished > 0 && epoch.changing === 0)
    await this.moveOut(
      old.flatMap((epoch) => epoch.inState('finished')),
      { to: 'gone' },
    )
  }

  /** Gives back entries of a list that are no delivery of ours: the replies that told of them were lost. */
  async returnUnknown(slot: number): Promise<void> {
    const client = await this.#client()
    const list = this.ring.keyOf(slot)
    const epoch = this.ring.epochAt(slot)
    if (epoch !== undefined) this.#begin(epoch)
    try {
      const entries = (await client.callBuffer('lrange', list, 0, -1)) as Buffer[]
      const unknown = without(entries, epoch?.deliveries.filter(({ state }) => state !== 'gone') ?? [])
      for (const portion of [...portions(unknown.map((body) => ({ body })))].reverse()) {
        const args = portion.flatMap(({ body }) => [1, '', body])
        await runScript(client, moveOut, [this.#keys.counts, this.#keys.queue, list], ['head', today(), '', ...args])
      }
    } finally {
      if (epoch !== undefined) this.#end(epoch)
    }
    if (epoch !== undefined) await this.#settleEmptied([epoch])
  }

  async #moveOutSome(deliveries: readonly RedisDelivery[], way: Way): Promise<readonly Settled[]> {
    const epochs = [...new Set(deliveries.map(({ epoch }) => epoch))]
    const numbers = new Map(epochs.map((epoch, index) => [epoch, index + 1]))
    const before = way.to === 'dead' ? deadLetterHeader(way.reason) : ''
    const delayMs = way.to === 'later' ? Math.ceil(way.delayMs) : ''
    const args = deliveries.flatMap(({ epoch, body }) => [
      numbers.get(epoch) ?? 0,
      way.to === 'later' ? uniqueBytes() : before,
      body,
    ])
    for (const epoch of epochs) this.#begin(epoch)
    try {
      const keys = [this.#keys.counts, this.#target(way), ...epochs.map((epoch) => epoch.key)]
      const moved = await runScript(await this.#client(), moveOut, keys, [way.to, today(), delayMs, ...args])
      return deliveries.map((delivery, index) => {
        delivery.epoch.leave(delivery)
        return (moved as readonly number[])[index] === 1 ? settledOk : notHeld
      })
    } catch (error) {
      for (const delivery of deliveries) if (delivery.state === 'leaving') delivery.state = 'stuck'
      return deliveries.map(() => settledBy(error))
    } finally {
      for (const epoch of epochs) this.#end(epoch)
    }
  }

  #target(way: Way): string {
    if (way.to === 'later') return this.#keys.later
    return way.to === 'dead' ? this.#keys.dead : this.#keys.queue
  }

  /** The list holds more than ours, or somebody took some of it away. */
  async #dropSingly(epoch: Epoch): Promise<Settled> {
    const answers = await this.#moveOutSome(epoch.inState('finished'), { to: 'gone' })
    if (epoch.stored > 0) this.#undropped.add(epoch)
    // Whatever is left in the list is not ours to delete: the audit gives it back.
    else this.ring.suspect(epoch.slot)
    return answers.find(({ status }) => status !== 'ok') ?? settledOk
  }

  async #settleEmptied(epochs: Iterable<Epoch>): Promise<void> {
    const idle = [...epochs].filter((epoch) => epoch.unfinished === 0 && epoch.changing === 0)
    for (const epoch of idle) {
      if (epoch.stored === 0 && this.ring.epochAt(epoch.slot) === epoch) this.ring.release(epoch.slot)
    }
    await this.drop(idle.filter((epoch) => epoch.stored > 0))
  }

  #begin(epoch: Epoch): void {
    epoch.changing++
    this.ring.touch(epoch.slot)
  }

  #end(epoch: Epoch): void {
    epoch.changing--
    this.ring.touch(epoch.slot)
  }
}

type Claimed = readonly [bodies: readonly Buffer[], fields: readonly number[] | null]

/** Of messages that were delivered before: their counts are not needed any more. */
function countedFingerprints(epoch: Epoch): string[] {
  return epoch.deliveries.flatMap(({ body, deliveryCount }) => (deliveryCount > 1 ? [fingerprint(body)] : []))
}

/** The entries that are none of the deliveries; of equal ones, those that are too many. */
function without(entries: readonly Buffer[], deliveries: readonly RedisDelivery[]): Buffer[] {
  const known = new Map<string, number>()
  for (const { body } of deliveries) {
    const text = body.toString('latin1')
    known.set(text, (known.get(text) ?? 0) + 1)
  }
  return entries.filter((entry) => {
    const text = entry.toString('latin1')
    const left = known.get(text) ?? 0
    if (left > 0) known.set(text, left - 1)
    return left === 0
  })
}
