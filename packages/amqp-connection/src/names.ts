import { InvalidArgumentError } from '@machinery/core'
import type { Channel } from 'amqplib'

/** The most that AMQP takes for the name of a queue, an exchange or a consumer, and for a routing key, in bytes. */
export const longestNameBytes = 255
const shownCharacters = 40

/** Those that take names. All texts among their arguments are names. */
const methods = [
  'assertExchange',
  'assertQueue',
  'bindQueue',
  'cancel',
  'checkQueue',
  'consume',
  'deleteQueue',
  'get',
  'publish',
  'purgeQueue',
  'sendToQueue',
] as const

/**
 * Refuses names that AMQP cannot encode, before amqplib sees them: it takes such a call for one that is under way, and lets
 * all later ones on the channel wait for an answer that never comes, or ends the connection.
 */
export function refuseLongNames<C extends Channel>(channel: C): C {
  const checked = channel as unknown as Record<string, (...args: unknown[]) => unknown>
  for (const method of methods) {
    const call = checked[method] as (...args: unknown[]) => unknown
    checked[method] = (...args) => {
      for (const each of args) if (typeof each === 'string') checkName(each)
      return call.apply(channel, args)
    }
  }
  return channel
}

/** @throws InvalidArgumentError where it is too long for AMQP */
function checkName(name: string): void {
  // No character has more than three bytes per unit.
  if (name.length * 3 <= longestNameBytes) return
  const bytes = Buffer.byteLength(name)
  if (bytes <= longestNameBytes) return
  const shown = JSON.stringify(`${name.slice(0, shownCharacters).toWellFormed()}…`)
  throw new InvalidArgumentError(
    `RabbitMQ takes no name of more than ${longestNameBytes} bytes, and ${shown} has ${bytes}. Shorten the routing key, the queue or the UUID that it is made of.`,
  )
}

/** The text, or as much of it as has so many bytes in UTF-8. */
export function cutToBytes(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.byteLength <= most) return text
  let end = most
  // Not in the middle of a character.
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
