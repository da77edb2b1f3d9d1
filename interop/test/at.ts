import type { Signature } from '@machinery/core'

/** The signature, for workers on that queue. */
export function at(queue: string, signature: Signature, changes: Partial<Signature> = {}): Signature {
  return { ...signature, routingKey: queue, ...changes }
}
