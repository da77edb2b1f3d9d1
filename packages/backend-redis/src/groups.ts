import { decodeGroupMeta, encodeGroupMeta, type GroupRecord } from '@machinery/core/adapter'
import { runScript } from '@machinery/redis-connection'
import { groupKeys } from './group-keys.js'
import { lifeMs } from './life-ms.js'
import type { Records } from './records.js'
import { createGroup, extendLives, stateNames, trackMembers } from './scripts/index.js'

/** How much of a record tells it from another one, in bytes; the scripts know the number too. */
const tailBytes = 160

/** The records of groups: under the group's UUID, byte for byte as Go keeps them. */
export class Groups {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  async create(group: GroupRecord, expiresInMs: number): Promise<void> {
    const client = await this.#records.client()
    const args = [encodeGroupMeta(group), lifeMs(expiresInMs), ...group.taskUuids]
    await runScript(client, createGroup, groupKeys(group.groupUuid), args)
  }

  async read(groupUuid: string): Promise<GroupRecord | undefined> {
    const [text] = await this.#records.read([groupUuid])
    return text === null || text === undefined ? undefined : decodeGroup(text)
  }

  async delete(groupUuid: string): Promise<void> {
    const client = await this.#records.client()
    await client.del(...groupKeys(groupUuid))
  }

  /** Takes all members for unfinished, where a worker in Go created the group and nobody did so. False: there is no such group. */
  async track(groupUuid: string): Promise<boolean> {
    const client = await this.#records.client()
    const stored = await client.getBuffer(groupUuid)
    const group = stored === null ? undefined : decodeGroup(stored.toString())
    if (stored === null || group === undefined) return false
    await runScript(client, trackMembers, groupKeys(groupUuid), [stored.subarray(-tailBytes), ...group.taskUuids])
    return true
  }

  /** The names of the members' states, in order; empty where there is none. */
  async stateNames(taskUuids: readonly string[]): Promise<readonly string[]> {
    return (await this.#records.run(stateNames, taskUuids)) as string[]
  }

  /** Lets the group's record, its notes and its members' states live for so long at least. */
  async renew(groupUuid: string, expiresInMs: number): Promise<void> {
    await this.#records.run(extendLives, groupKeys(groupUuid), [lifeMs(expiresInMs)])
    await this.extendMembers(groupUuid, expiresInMs)
  }

  /** Lets the states of all members live for so long at least. */
  async extendMembers(groupUuid: string, expiresInMs: number): Promise<void> {
    const group = await this.read(groupUuid)
    if (group !== undefined) await this.#records.run(extendLives, group.taskUuids, [lifeMs(expiresInMs)])
  }
}

/** Undefined where it is no record. */
export function decodeGroup(text: string): GroupRecord | undefined {
  try {
    return decodeGroupMeta(text)
  } catch {
    return undefined
  }
}
