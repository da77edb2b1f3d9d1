import type { Broker } from '../contracts/index.js'
import { UnsupportedError } from '../errors/index.js'
import { maxBodyBytes, type Signature } from '../signature/index.js'

/** @throws UnsupportedError when the broker cannot hold a message for that long */
export function admitDelay(broker: Broker, signature: Signature, delayMs: number): void {
  const { maxDelayMs } = broker.capabilities
  if (delayMs > maxDelayMs) {
    throw new UnsupportedError(
      `Cannot delay task ${signature.name} by ${delayMs} ms on the ${broker.name} broker: it holds messages for at most ${maxDelayMs} ms. ` +
        'Send it later, or use a broker with a longer maxDelayMs.',
    )
  }
}

/** @throws UnsupportedError when the broker has no such priority */
export function admitPriority(broker: Broker, signature: Signature): void {
  const { maxPriority } = broker.capabilities
  if (signature.priority > maxPriority) {
    throw new UnsupportedError(
      `Cannot send task ${signature.name} with priority ${signature.priority} on the ${broker.name} broker: ` +
        (maxPriority === 0
          ? 'it has no priorities. Leave priority at 0, or use queues of their own for urgent tasks.'
          : `its highest is ${maxPriority}.`),
    )
  }
}

/** In UTF-8. */
const mostBytesPerCharacter = 3

/** @throws UnsupportedError when the message is larger than the broker takes, or than a worker reads */
export function admitBody(broker: Broker, signature: Signature, text: string): void {
  const limit = Math.min(broker.capabilities.maxBodyBytes, maxBodyBytes)
  // Counting bytes costs as much as writing them.
  if (text.length * mostBytesPerCharacter <= limit) return
  const bytes = Buffer.byteLength(text)
  if (bytes <= limit) return
  throw new UnsupportedError(
    `Cannot send task ${signature.name} (${signature.uuid}): its message has ${bytes} bytes, and ${limit < maxBodyBytes ? `the ${broker.name} broker takes` : 'workers read'} at most ${limit}. ` +
      'Store large values elsewhere and pass a reference.',
  )
}
