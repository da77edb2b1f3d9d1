import type { Delivery } from '../contracts/index.js'
import type { Settler } from './settler.js'

/**
 * Hands one body over and waits until it is settled.
 * @throws when it was given back or parked
 */
export function processInline(body: Uint8Array, accept: (delivery: Delivery, settler: Settler) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const settler: Settler = {
      ack: (_delivery, done) => {
        resolve()
        done()
      },
      nack: async () =>
        reject(new Error('The task could not be run here: it is not registered, or the worker is quitting.')),
      reject: async (_delivery, reason) => reject(new Error(reason)),
    }
    accept({ body, deliveryCount: 1 }, settler)
  })
}
