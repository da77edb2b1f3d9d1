import { createHash } from 'node:crypto'

/**
 * The id of what a periodic registration sends at one tick. Every scheduler that handles the tick computes the same,
 * so sending twice has one effect; another tick, name, spec or index gives another id.
 *
 * A UUID of version 8 (RFC 9562) from the first 128 bits of a SHA-256, behind Machinery's prefix for the kind.
 * @param programName keeps different programs with equal registrations apart; the one given to `lockKey`
 * @param tick the activation, not the moment it is handled
 * @param index which signature of a chain, group or chord; 0 by default
 * @throws RangeError when `tick` is an invalid date
 */
export function tickUuid(
  kind: 'task' | 'group' | 'chord' | 'workflow',
  programName: string,
  name: string,
  spec: string,
  tick: Date,
  index = 0,
): string {
  const identity = JSON.stringify([kind, programName, name, spec, tick.toISOString(), index])
  const bytes = createHash('sha256').update(identity).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${kind}_${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
