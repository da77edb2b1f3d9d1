import type { LiveConnection } from '@machinery/amqp-connection'
import type { Channel } from 'amqplib'

/** How soon a worker's queue is bound again after somebody deleted its binding or the exchange, in milliseconds. */
const everyMs = 10_000

/**
 * Repeats the declaration of what is read on a channel, as long as that is open. RabbitMQ tells a consumer when its queue is
 * deleted, but not when the exchange is: it would wait for ever for messages that reach its queue no more.
 */
export function keepDeclared(live: LiveConnection, channel: Channel, declare: () => Promise<unknown>): void {
  let isDeclaring = false
  const timer = setInterval(() => {
    if (!live.isOpen) clearInterval(timer)
    if (!live.isOpen || live.isBlocked || isDeclaring) return
    isDeclaring = true
    // Where it fails, what is there stays as it is.
    declare()
      .catch(() => {})
      .finally(() => {
        isDeclaring = false
      })
  }, everyMs).unref()
  channel.once('close', () => clearInterval(timer))
}
