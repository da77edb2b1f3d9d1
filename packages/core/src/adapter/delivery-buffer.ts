import type { Delivery } from '../contracts/index.js'
import { ClosedError } from '../errors/index.js'

/**
 * Turns the pushes of a client into `Consumer.receive`. Its size is bounded by the client's own prefetch limit:
 * `ConsumeOptions.concurrency` is a good one.
 */
export class DeliveryBuffer<D extends Delivery = Delivery> {
  #items: D[] = []
  #waiter: Waiter<D> | undefined
  #isWaking = false
  #end: { readonly error: unknown } | undefined

  /** Takes a delivery from the client. False after `close()` or `fail()`: it was not taken, so give it back to the service. */
  push(delivery: D): boolean {
    if (this.#end !== undefined) return false
    this.#items.push(delivery)
    if (this.#waiter !== undefined && !this.#isWaking) {
      // Clients push what one read of the socket brought in one go: waiting for its end hands it over as one batch.
      this.#isWaking = true
      queueMicrotask(() => {
        this.#isWaking = false
        const waiter = this.#waiter
        if (waiter !== undefined && this.#items.length > 0) waiter.resolve(this.#items.splice(0, waiter.max))
      })
    }
    return true
  }

  /** The consumer is broken for good: the pending `receive` and all later ones reject with `error`. */
  fail(error: unknown): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.#waiter?.reject(error)
  }

  /** As `Consumer.receive`: waits for the first delivery, then takes what is there, at most `max`. */
  receive(max: number, signal: AbortSignal): Promise<readonly D[]> {
    if (this.#end !== undefined) return Promise.reject(this.#end.error)
    if (signal.aborted) return Promise.resolve([])
    if (this.#items.length > 0) return Promise.resolve(this.#items.splice(0, max))
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        signal.removeEventListener('abort', stop)
        this.#waiter = undefined
      }
      const stop = (): void => {
        settle()
        resolve([])
      }
      signal.addEventListener('abort', stop, { once: true })
      this.#waiter = {
        max,
        resolve: (deliveries) => {
          settle()
          resolve(deliveries)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
    })
  }

  /** Ends it: the pending `receive` resolves with nothing, later ones reject. Returns what was never handed out. */
  close(): readonly D[] {
    this.#end ??= { error: new ClosedError('The consumer') }
    this.#waiter?.resolve([])
    const left = this.#items
    this.#items = []
    return left
  }
}

interface Waiter<D> {
  readonly max: number
  resolve(deliveries: readonly D[]): void
  reject(error: unknown): void
}
