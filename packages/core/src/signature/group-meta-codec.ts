import type { GroupRecord } from '../contracts/index.js'
import { escapeGoString } from './escape-go-string.js'
import { parseRecord } from './parse-record.js'
import { zeroTime } from './time.js'
import { undecodable } from './undecodable.js'
import { decodeUtf8 } from './utf8.js'
import { exactFields, keyTable, readBoolean, readList, readText } from './wire-fields.js'
import { notPlain, plainBoolean, plainString } from './wire-pattern.js'

/** A group's record as Machinery's JSON backends store it. */
export function encodeGroupMeta(group: GroupRecord): string {
  return (
    `{"GroupUUID":${escapeGoString(group.groupUuid)},"TaskUUIDs":[${group.taskUuids.map(escapeGoString).join(',')}]` +
    `,"ChordTriggered":${group.chordTriggered},"Lock":false,"CreatedAt":${escapeGoString(group.createdAt)},"TTL":0}`
  )
}

const keys = keyTable('GroupUUID', 'TaskUUIDs', 'ChordTriggered', 'Lock', 'CreatedAt', 'TTL')

/**
 * Reads a stored group as tolerantly as Go does.
 * @throws SyntaxError when it is not a group
 */
export function decodeGroupMeta(stored: string | Uint8Array): GroupRecord {
  try {
    const text = typeof stored === 'string' ? stored : decodeUtf8(stored)
    const ordinary = matchGroupMeta(text)
    if (ordinary !== undefined) return ordinary
    const wire = exactFields(parseRecord(text, 'tasks.GroupMeta'), keys)
    const taskUuids = readList(wire.TaskUUIDs, 'GroupMeta', 'TaskUUIDs', '[]string') ?? []
    return {
      groupUuid: readText(wire.GroupUUID, 'GroupMeta', 'GroupUUID'),
      taskUuids: taskUuids.map((uuid) => readText(uuid, 'GroupMeta', 'TaskUUIDs')),
      chordTriggered: readBoolean(wire.ChordTriggered, 'GroupMeta', 'ChordTriggered'),
      createdAt: readText(wire.CreatedAt, 'GroupMeta', 'CreatedAt') || zeroTime,
    }
  } catch (error) {
    throw new SyntaxError(undecodable(stored, 'a group', error as Error), { cause: error })
  }
}

const beforeMembers = new RegExp(`^\\{"GroupUUID":${plainString},"TaskUUIDs":\\["`)
const afterMembers = new RegExp(
  `"\\],"ChordTriggered": ?${plainBoolean},"Lock":${plainBoolean},"CreatedAt":${plainString},"TTL":0\\}$`,
)
/** More than what follows the members in an ordinary record. */
const longestRest = 160

/**
 * Reads the ordinary record, as this library and Go write it; answers undefined for every other. The members of a large
 * group are many, and splitting their text takes a small part of the time of parsing it.
 */
function matchGroupMeta(text: string): GroupRecord | undefined {
  const before = beforeMembers.exec(text)
  const from = Math.max(text.length - longestRest, before?.[0].length ?? 0)
  const after = afterMembers.exec(text.slice(from))
  if (before === null || after === null) return undefined
  const taskUuids = text.slice(before[0].length, from + after.index).split('","')
  if (taskUuids.some((uuid) => notPlain.test(uuid))) return undefined
  return {
    groupUuid: before[1] as string,
    taskUuids,
    chordTriggered: after[1] === 'true',
    createdAt: after[3] || zeroTime,
  }
}
