import type { InspectedMessage } from '@machinery/core/adapter'

/** Longer reasons are cut: together with the largest body they must fit the server's limit. */
const longestReason = 8_192

const newline = 0x0a

/**
 * What stands before the body of a parked message: one line of JSON. The body follows byte for byte, so a parked
 * message is one element of a list and never loses its reason.
 */
export function deadLetterHeader(reason: string): Buffer {
  return Buffer.from(`${JSON.stringify({ reason: reason.slice(0, longestReason), at: new Date().toISOString() })}\n`)
}

export function readDeadLetter(entry: Buffer): InspectedMessage {
  const end = entry.indexOf(newline)
  const body = entry.subarray(end + 1)
  try {
    const { reason } = JSON.parse(entry.toString('utf8', 0, end)) as { reason?: unknown }
    return typeof reason === 'string' ? { body, reason } : { body }
  } catch {
    return { body: entry }
  }
}
