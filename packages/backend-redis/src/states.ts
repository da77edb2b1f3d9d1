import {
  chunk,
  decodeTaskState,
  mayFollow,
  type StateSaved,
  type StateWrite,
  stateStored,
  type TaskState,
  type TaskStateName,
} from '@machinery/core/adapter'
import { classifyFailure, type RedisClient, runScript } from '@machinery/redis-connection'
import { lifeMs } from './life-ms.js'
import type { Records } from './records.js'
import { extendLives, saveStates } from './scripts/index.js'
import { alike, type Item, isAwaited, recordsOf } from './state-batch.js'

const names: readonly TaskStateName[] = ['PENDING', 'RECEIVED', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE']

/** For each state, those it may not follow, in the form the script takes. */
const blockersOf = Object.fromEntries(
  names.map((next) => [next, names.map((stored) => (mayFollow(stored, next) ? '' : `${stored},`)).join('')]),
) as Record<TaskStateName, string>

/** How many writes one script call takes. */
const writesPerCall = 1_000

/** The states of tasks: under the task's UUID, byte for byte as Go keeps them. */
export class States {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  async save(writes: readonly StateWrite[]): Promise<readonly StateSaved[]> {
    if (writes.length === 0) return []
    const answers = new Array<StateSaved>(writes.length).fill(stateStored)
    const items = writes.map((write, index): Item => ({ index, write }))
    let client: RedisClient
    try {
      client = await this.#records.client()
    } catch (error) {
      return fail(items, error, answers)
    }
    if (this.#records.isCluster) await this.#saveInCluster(client, items, answers)
    else
      await Promise.all(
        alike(items)
          .flatMap((set) => chunk(set, writesPerCall))
          .map((part) => saveTogether(client, part, answers)),
      )
    return answers
  }

  async read(taskUuids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    return (await this.#records.read(taskUuids)).map((text) => (text === null ? undefined : decode(text)))
  }

  async delete(taskUuids: readonly string[]): Promise<void> {
    await this.#records.delete(taskUuids)
  }

  /** Lets states live for so long at least. */
  async renew(taskUuids: readonly string[], expiresInMs: number): Promise<void> {
    await this.#records.run(extendLives, taskUuids, [lifeMs(expiresInMs)])
  }

  /** A call for each task, since each key has a slot of its own; writes of one task stay together and in order. */
  async #saveInCluster(client: RedisClient, items: readonly Item[], answers: StateSaved[]): Promise<void> {
    const byTask = Map.groupBy(items, ({ write }) => write.state.taskUuid)
    const silent = ({ write: { replyTo: _, ...write }, ...item }: Item): Item => ({ ...item, write })
    await Promise.all(
      [...byTask.values()]
        .flatMap((writes) => alike(writes.map(silent)))
        .map((part) => saveTogether(client, part, answers)),
    )
    const stored = items.filter(({ index, write }) => isAwaited(write) && answers[index]?.status === 'stored')
    const byAddress = Map.groupBy(stored, ({ write }) => write.replyTo as string)
    // Only a hint for those who wait: their polling is the net.
    const told = [...byAddress].map(([address, ended]) => {
      return client.publish(address, JSON.stringify(ended.map(({ write }) => write.state.taskUuid)))
    })
    await Promise.allSettled(told)
  }
}

/** @param alikes alike */
async function saveTogether(client: RedisClient, alikes: readonly Item[], answers: StateSaved[]): Promise<void> {
  const { items, records } = recordsOf(alikes, answers)
  if (items.length === 0) return
  const { write } = items[0] as Item
  const keys = items.map((item) => item.write.state.taskUuid)
  const channel = isAwaited(write) ? (write.replyTo as string) : ''
  const args = [lifeMs(write.expiresInMs), blockersOf[write.state.state], channel, ...records]
  try {
    const exceptions = (await runScript(client, saveStates, keys, args)) as [unknown[], unknown[]] | null
    if (exceptions === null) return
    const [kept, refused] = exceptions
    forEachPair(kept, items, ({ index, write }, text) => {
      const state = decode(text)
      answers[index] = state === undefined ? refusal(write, 'its record cannot be read') : { status: 'kept', state }
    })
    forEachPair(refused, items, ({ index, write }, text) => {
      answers[index] = refusal(write, text)
    })
  } catch (error) {
    fail(items, error, answers)
  }
}

function forEachPair(pairs: readonly unknown[], items: readonly Item[], act: (item: Item, text: string) => void): void {
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const item = items[Number(pairs[i]) - 1]
    if (item !== undefined) act(item, String(pairs[i + 1]))
  }
}

function refusal({ state }: StateWrite, reason: string): StateSaved {
  const error = new Error(
    `The state of task ${state.taskUuid} cannot be stored in Redis, where another program seems to use that key: ${reason}`,
  )
  return { status: 'rejected', error }
}

function fail(items: readonly Item[], error: unknown, answers: StateSaved[]): StateSaved[] {
  const answer: StateSaved = { status: classifyFailure(error), error }
  for (const { index } of items) answers[index] = answer
  return answers
}

/** Whatever else lies under a task's UUID is no state; one such record must not hide the others that are read with it. */
function decode(text: string): TaskState | undefined {
  try {
    return decodeTaskState(text)
  } catch {
    return undefined
  }
}
