/** RabbitMQ cannot be reached, refused the login, closed the connection or did not answer in time. */
export class AmqpUnavailableError extends Error {
  override readonly name = 'AmqpUnavailableError'
}
