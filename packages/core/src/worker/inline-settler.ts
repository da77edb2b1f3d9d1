import type { Delivery } from '../contracts/index.js'
import type { Settler } from './settler.js'

/**
 * Hands one body over and waits until it is settled.
 * @param ends holds what ends the waiting early, while it lasts
 * @throws when it was given back or parked, or the waiting was ended
 */
export async function processInline(
  body: Uint8Array,
  accept: (delivery: Delivery, settler: Settler) => void,
  ends: Set<(error: Error) => void>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const settler: Settler = {
    ack: (_delivery, done) => {
      resolve()
      done()
    },
    nack: async () =>
      reject(new Error('The task could not be run here: it is not registered, or the worker is quitting.')),
    reject: async (_delivery, reason) => reject(new Error(reason)),
  }
  ends.add(reject)
  try {
    accept({ body, deliveryCount: 1 }, settler)
    await promise
  } finally {
    ends.delete(reject)
  }
}
