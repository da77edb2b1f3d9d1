import type { Requests } from './rig.js'

/** A frame with the method of this class, as AMQP 0-9-1 numbers them. */
function method(classId: number, methodId: number): RegExp {
  const bytes = (...numbers: readonly number[]): string =>
    numbers.map((number) => `\\x${number.toString(16).padStart(2, '0')}`).join('')
  // Type 1, two bytes for the channel, four for the size, which is small; then the payload.
  return new RegExp(`${bytes(1)}[^]{2}${bytes(0, 0)}[^]{2}${bytes(0, classId, 0, methodId)}`)
}

const publish = method(60, 40)
const consume = method(60, 20)

/** Of the broker. RabbitMQ pushes: whoever consumes is handed what is there, or waits for it. */
export const amqpBrokerRequests: Pick<Requests, 'publish' | 'fetch' | 'wait' | 'ack'> = {
  publish,
  fetch: consume,
  wait: consume,
  ack: method(60, 80),
}

/** Of the backend: states and claims are messages, and members are counted by declaring their queue. */
export const amqpBackendRequests: Omit<Requests, keyof typeof amqpBrokerRequests> = {
  saveStates: publish,
  claimChord: publish,
  finishMembers: method(50, 10),
}
