import { slotTag } from '@machinery/redis-connection'

/**
 * The keys of a group, all in one slot: its record, which Go shares, and three private ones. In this order for scripts: record,
 * notes, pending (the members not known to have ended), claim (who sends the callback, as long as his lease runs).
 */
export function groupKeys(groupUuid: string): [record: string, notes: string, pending: string, claim: string] {
  const tag = slotTag(groupUuid)
  return [groupUuid, `${tag}:ts:notes`, `${tag}:ts:pending`, `${tag}:ts:claim`]
}
