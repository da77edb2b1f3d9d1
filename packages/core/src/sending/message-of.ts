import type { Broker, Clock, OutgoingMessage } from '../contracts/index.js'
import { encodeSignatureText, encodeUtf8, type Signature, type WrittenCallbacks } from '../signature/index.js'
import { admitBody } from './admission.js'

/**
 * The text of a signature's message.
 * @throws InvalidSignatureError; UnsupportedError where the broker does not take so much
 */
export function textOf(broker: Broker, signature: Signature, written?: WrittenCallbacks): string {
  const text = encodeSignatureText(signature, written)
  admitBody(broker, signature, text)
  return text
}

/**
 * A signature's message.
 * @param text by `textOf`
 */
export function messageOf(broker: Broker, clock: Clock, signature: Signature, text: string): OutgoingMessage {
  const message: { -readonly [K in keyof OutgoingMessage]: OutgoingMessage[K] } = {
    routingKey: signature.routingKey,
    body: encodeUtf8(text),
  }
  if (signature.eta !== null && signature.eta.getTime() > clock.now()) message.deliverAt = signature.eta
  const priority = Math.min(signature.priority, broker.capabilities.maxPriority)
  if (priority > 0) message.priority = priority
  if (signature.headers !== null) message.headers = signature.headers
  if (signature.brokerMessageGroupId !== '') {
    message.groupId = signature.brokerMessageGroupId
    message.deduplicationId = signature.uuid
  }
  return message
}
