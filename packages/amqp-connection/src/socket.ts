import type { Duplex } from 'node:stream'
import type { ChannelModel } from 'amqplib'

/**
 * The socket below a connection of amqplib, which does not show it. It has no other way to end a connection whose other
 * side does not answer: closing waits for that answer, and an ended socket keeps the process alive meanwhile.
 */
export function socketOf(model: ChannelModel): Duplex | undefined {
  const { stream } = model.connection as { stream?: Duplex }
  return typeof stream?.destroy === 'function' ? stream : undefined
}

/** Ends the connection without asking the other side; amqplib tells everybody who waits for an answer. */
export function destroySocket(model: ChannelModel, error: Error): void {
  const socket = socketOf(model)
  // Without an error amqplib would not notice.
  if (socket !== undefined && !socket.destroyed) socket.destroy(error)
}

/** Whether the server said, before anybody listened, that it takes no messages on this connection. */
export function isBlockedNow(model: ChannelModel): boolean {
  return (model.connection as { blocked?: unknown }).blocked === true
}
