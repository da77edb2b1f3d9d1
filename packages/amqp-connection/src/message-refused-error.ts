/** The server did not take a message that reached a queue: the queue is full, or could not store it. */
export class MessageRefusedError extends Error {
  override readonly name = 'MessageRefusedError'
}
