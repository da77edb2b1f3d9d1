import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'

const releaseLua = 'if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) else return 0 end'

/** What Go's Machinery does to Redis, command by command. */
export class GoWorker {
  readonly #redis: Redis
  readonly #expirySeconds: number

  constructor(redis: Redis, expirySeconds: number = 3600) {
    this.#redis = redis
    this.#expirySeconds = expirySeconds
  }

  /** InitGroup. */
  async createGroup(groupUuid: string, taskUuids: readonly string[], createdAt: string = now()): Promise<void> {
    const record = {
      GroupUUID: groupUuid,
      TaskUUIDs: taskUuids,
      ChordTriggered: false,
      Lock: false,
      CreatedAt: createdAt,
      TTL: 0,
    }
    await this.#redis.set(groupUuid, JSON.stringify(record), 'EX', this.#expirySeconds)
  }

  /** SetStateReceived and the like: reads the old state, copies its name and time, and writes without looking further. */
  async setState(taskUuid: string, state: string, result?: number): Promise<void> {
    const stored = await this.#redis.get(taskUuid)
    const old = stored === null ? { TaskName: 'add', CreatedAt: now() } : JSON.parse(stored)
    const record = {
      TaskUUID: taskUuid,
      TaskName: old.TaskName,
      State: state,
      Results: result === undefined ? null : [{ Type: 'int64', Value: result }],
      Error: '',
      CreatedAt: old.CreatedAt,
      TTL: 0,
    }
    await this.#redis.set(taskUuid, JSON.stringify(record), 'EX', this.#expirySeconds)
  }

  /** What follows a member's success. Whether this worker sends the callback. */
  async finish(taskUuid: string, groupUuid: string): Promise<boolean> {
    await this.setState(taskUuid, 'SUCCESS', 1)
    return (await this.isComplete(groupUuid)) && (await this.triggerChord(groupUuid))
  }

  /** GroupCompleted. */
  async isComplete(groupUuid: string): Promise<boolean> {
    const group = JSON.parse((await this.#redis.get(groupUuid)) ?? 'null')
    const states = await this.#redis.mget(group.TaskUUIDs)
    return states.every((state) => state !== null && ['SUCCESS', 'FAILURE'].includes(JSON.parse(state).State))
  }

  /** TriggerChord. */
  async triggerChord(groupUuid: string): Promise<boolean> {
    const value = randomBytes(16).toString('base64')
    for (let attempt = 0; (await this.#redis.set('TriggerChordMutex', value, 'PX', 8000, 'NX')) === null; attempt++) {
      if (attempt === 32) throw new Error('redsync: failed to acquire lock')
      await new Promise((resolve) => setTimeout(resolve, 50 + 200 * Math.random()))
    }
    try {
      const group = JSON.parse((await this.#redis.get(groupUuid)) ?? 'null')
      if (group.ChordTriggered) return false
      group.ChordTriggered = true
      await this.#redis.set(groupUuid, JSON.stringify(group), 'EX', this.#expirySeconds)
      return true
    } finally {
      await this.#redis.eval(releaseLua, 1, 'TriggerChordMutex', value)
    }
  }
}

function now(): string {
  return new Date().toISOString()
}
