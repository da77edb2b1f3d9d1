import type { GroupRecord } from '../contracts/index.js'
import { escapeGoString } from './escape-go-string.js'
import { parseRecord } from './parse-record.js'
import { zeroTime } from './time.js'
import { undecodable } from './undecodable.js'
import { decodeUtf8 } from './utf8.js'
import { exactFields, keyTable, readBoolean, readList, readText } from './wire-fields.js'

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
    const wire = exactFields(
      parseRecord(typeof stored === 'string' ? stored : decodeUtf8(stored), 'tasks.GroupMeta'),
      keys,
    )
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
