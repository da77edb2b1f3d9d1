import { InvalidArgumentError } from '@machinery/core'
import type { Message, Options } from 'amqplib'

/** When a message on the ladder is due, in milliseconds since the epoch. */
const deliverAtHeader = 'ts-deliver-at'
/** How often a message was delivered before it was copied. */
const deliveriesHeader = 'ts-deliveries'
/** Why a message was parked. */
const reasonHeader = 'ts-reason'

/** A frame of headers has 128 KiB, and amqplib encodes 64. */
const longestReason = 4_000

/** Headers of the way a message took, and of ours; copying them would mislead RabbitMQ and other clients. */
const ofTheWay =
  /^(?:x-death|x-(?:first|last)-death-\w+|x-delivery-count|x-acquired-count|CC|BCC|ts-(?:deliver-at|reason))$/

export interface CopyHeaders {
  readonly deliverAt?: number
  readonly deliveries?: number
  readonly reason?: string
}

/** The headers of a message that waits on the ladder. */
export function withDeliverAt(
  headers: Readonly<Record<string, unknown>> | undefined,
  deliverAt: number,
): Record<string, unknown> {
  return { ...headers, [deliverAtHeader]: deliverAt }
}

/** Why the server would not take the headers: it would close the channel, with all messages that are on their way on it. */
export function unusableHeader(headers: Readonly<Record<string, unknown>> | undefined): Error | undefined {
  for (const name of ['CC', 'BCC']) {
    const value = headers?.[name]
    if (value === undefined || Array.isArray(value)) continue
    return new InvalidArgumentError(
      `The header ${name} must be a list of routing keys for RabbitMQ, got ${typeof value}. Put them in an array, or name the header otherwise.`,
    )
  }
  return undefined
}

/** The properties for a copy of a received message: its own, without those of its way. */
export function propertiesOfCopy({ properties }: Message, more: CopyHeaders): Options.Publish {
  const headers: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(properties.headers ?? {})) if (!ofTheWay.test(name)) headers[name] = value
  if (more.deliverAt !== undefined) headers[deliverAtHeader] = more.deliverAt
  if (more.deliveries !== undefined) headers[deliveriesHeader] = more.deliveries
  if (more.reason !== undefined) headers[reasonHeader] = capped(more.reason)
  const { contentType, contentEncoding, priority, correlationId, replyTo, messageId, type, appId, timestamp } =
    properties
  // Not the expiration, which would lose the copy, and not the user, which the server compares with ours.
  const kept = { contentType, contentEncoding, priority, correlationId, replyTo, messageId, type, appId, timestamp }
  const copy: Options.Publish = { headers, persistent: true, mandatory: true }
  for (const [name, value] of Object.entries(kept)) if (value !== undefined) Object.assign(copy, { [name]: value })
  return copy
}

/**
 * The properties for a copy of a message whose own ones cannot be copied: they are larger than what amqplib encodes, or of a
 * kind that it reads and cannot write.
 */
export function propertiesWithoutTheirs({ properties }: Message, more: CopyHeaders, error: unknown): Options.Publish {
  const why = error instanceof Error ? error.message : String(error)
  const note = `Its headers could not be copied: ${capped(why)}`
  const reason = more.reason === undefined ? undefined : `${capped(more.reason)} ${note}`
  const { priority } = properties
  const bare = { properties: { ...(priority !== undefined && { priority }) } } as Message
  return propertiesOfCopy(bare, { ...more, ...(reason !== undefined && { reason }) })
}

/** How often a message was delivered, this time included. At least: classic queues only tell that it was before. */
export function deliveryCountOf({ fields, properties }: Message): number {
  const headers = properties.headers ?? {}
  const before = countOf(headers[deliveriesHeader]) + countOf(headers['x-delivery-count'])
  return Math.max(before + 1, fields.redelivered ? 2 : 1)
}

export function deliverAtOf({ properties }: Message): Date | undefined {
  const ms = properties.headers?.[deliverAtHeader]
  return typeof ms === 'number' ? new Date(ms) : undefined
}

export function reasonOf({ properties }: Message): string | undefined {
  const reason = properties.headers?.[reasonHeader]
  return typeof reason === 'string' ? reason : undefined
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

function capped(text: string): string {
  return text.length <= longestReason ? text : `${text.slice(0, longestReason).toWellFormed()}…`
}
