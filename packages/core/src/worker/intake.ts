import type { Backend, Delivery, Logger, TaskState } from '../contracts/index.js'
import { describeError, InvalidSignatureError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'
import { decodeSignature } from '../signature/index.js'
import { isTerminal } from '../state/index.js'
import type { RegisteredTask, TaskRegistry } from '../task/index.js'
import type { HeldTask } from './held-task.js'
import type { HeldTasks } from './held-tasks.js'
import type { Persistence } from './persistence.js'
import { acknowledged, type Settler } from './settler.js'
import { UNKNOWN_TASK_DELIVERIES, type UnknownTasks } from './unknown-tasks.js'

/** The most copies of one message that wait for the run of another. */
const MOST_DUPLICATES = 8
/** For how long further copies are held back, in milliseconds. */
const DUPLICATE_DELAY_MS = 1_000

export interface IntakeParts {
  readonly backend: Backend
  readonly logger: Logger
  readonly maxDeliveries: number
  readonly persistence: Persistence
  readonly registry: TaskRegistry
  readonly unknown: UnknownTasks
  /** The tasks this worker has at hand, by UUID. */
  readonly active: HeldTasks
  /** The longest delay the broker can hold a message back, in milliseconds. */
  readonly maxDelayMs: number
  /** Ends a signature that will not run: its waiters, error callbacks and group are told. */
  readonly fail: (signature: Signature, text: string) => Promise<void>
}

/** What became of a batch of deliveries: tasks to run, and tasks whose end is already decided. */
export interface Sorted {
  readonly toRun: HeldTask[]
  readonly ended: { readonly held: HeldTask; readonly state: TaskState }[]
  /** Tasks that were delivered too often. */
  readonly exhausted: HeldTask[]
  /** Messages that are no tasks of ours and are being settled. */
  readonly settling: Promise<void>[]
}

/** Sorts what arrives: parks what is no signature, gives back what nobody here knows, and finds what has ended already. */
export class Intake {
  readonly #parts: IntakeParts

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /** @throws AbandonedError when the worker stopped before the backend could be asked; all deliveries stay unsettled */
  async sort(deliveries: readonly Delivery[], settler: Settler): Promise<Sorted> {
    const tasks: HeldTask[] = []
    const sorted: Sorted = { toRun: [], ended: [], exhausted: [], settling: [] }
    for (const delivery of deliveries) {
      const admitted = this.#admit(delivery, settler)
      if (admitted instanceof Promise) sorted.settling.push(admitted)
      else if (admitted !== undefined) tasks.push(admitted)
    }
    const stored = await this.#readStates(tasks)
    for (let index = 0; index < tasks.length; index++) {
      const held = tasks[index] as HeldTask
      const state = stored[index]
      held.stored = state
      if (state !== undefined && isTerminal(state.state)) sorted.ended.push({ held, state })
      else if (this.#isExhausted(held, state)) sorted.exhausted.push(held)
      else sorted.toRun.push(held)
    }
    return sorted
  }

  /**
   * Whether a task was delivered too often. Deliveries to workers that do not know it count with the broker, too; only one that
   * somebody has started may have taken its worker down, unless there are more deliveries than both can explain.
   */
  #isExhausted({ delivery }: HeldTask, state: TaskState | undefined): boolean {
    const { maxDeliveries } = this.#parts
    const mayHaveRun = state !== undefined && state.state !== 'PENDING'
    return (delivery.deliveryCount ?? 1) > maxDeliveries + (mayHaveRun ? 0 : UNKNOWN_TASK_DELIVERIES)
  }

  /** The delivery as a task of this worker; a promise where it is settled otherwise; undefined where it joined another. */
  #admit(delivery: Delivery, settler: Settler): HeldTask | Promise<void> | undefined {
    const { active, logger, registry } = this.#parts
    let signature: Signature
    try {
      signature = decodeSignature(delivery.body)
      if (signature.uuid === '' || signature.name === '') throw unnamed(signature)
    } catch (error) {
      const reason = describeError(error)
      logger.error(`A message is no signature, and is parked: ${reason}`)
      return settler.reject(delivery, reason)
    }
    const task = registry.get(signature.name)
    if (task === undefined) return this.#unregistered(signature, delivery, settler)
    const same = active.get(signature.uuid)
    if (same !== undefined && isSameMessage(same.delivery, delivery)) {
      same.duplicates ??= []
      // Any copy may be the only one with a live handle; too many of them would hold all that may be unsettled.
      if (same.duplicates.length >= MOST_DUPLICATES) return settler.nack([delivery], DUPLICATE_DELAY_MS)
      same.duplicates.push({ delivery, settler })
      return undefined
    }
    return this.#hold(delivery, settler, signature, task)
  }

  #hold(delivery: Delivery, settler: Settler, signature: Signature, task: RegisteredTask): HeldTask {
    const held: HeldTask = {
      delivery,
      settler,
      signature,
      task,
      receivedAt: performance.now(),
      stored: undefined,
      lastWrite: undefined,
      duplicates: undefined,
      isReleased: false,
    }
    this.#parts.active.add(held)
    return held
  }

  #unregistered(signature: Signature, delivery: Delivery, settler: Settler): Promise<void> {
    const { logger, unknown } = this.#parts
    const { name, uuid } = signature
    if (signature.ignoreWhenTaskNotRegistered) {
      logger.info(`Dropped task ${name} (${uuid}): it is not registered here and asked to be ignored then.`, { uuid })
      return this.#drop(signature, delivery, settler)
    }
    const delayMs = unknown.nextDelayMs(uuid, delivery)
    if (delayMs === undefined) {
      const reason = `Task not registered error: ${name}`
      logger.error(
        `Parked task ${name} (${uuid}): nobody who reads this queue registered it. Register it, or route it to another queue.`,
        { uuid },
      )
      return this.#park(signature, delivery, settler, reason)
    }
    logger.warn(
      `Task ${name} (${uuid}) is not registered here; given back for ${delayMs} ms. Register it, or route it to another queue.`,
      { uuid },
    )
    return this.#giveBack(delivery, settler, delayMs)
  }

  /** For so long at least: where the broker cannot hold it back, we do. */
  async #giveBack(delivery: Delivery, settler: Settler, delayMs: number): Promise<void> {
    const { maxDelayMs, persistence } = this.#parts
    try {
      if (delayMs > maxDelayMs) await persistence.pause(delayMs - maxDelayMs)
      await settler.nack([delivery], delayMs)
    } catch {
      // The worker stops: the message goes back when its consumer closes.
    }
  }

  async #drop(signature: Signature, delivery: Delivery, settler: Settler): Promise<void> {
    const isAwaited = signature.groupUuid !== '' || signature.onSuccess.length > 0
    if (isAwaited)
      await this.#park(signature, delivery, settler, `Task not registered error: ${signature.name}`, 'drop')
    else await acknowledged(settler, delivery)
  }

  async #park(
    signature: Signature,
    delivery: Delivery,
    settler: Settler,
    reason: string,
    then: 'park' | 'drop' = 'park',
  ): Promise<void> {
    try {
      await this.#parts.fail(signature, reason)
      await (then === 'park' ? settler.reject(delivery, reason) : acknowledged(settler, delivery))
    } catch (error) {
      this.#parts.logger.warn(
        `Unknown task ${signature.uuid} could not be parked; it is delivered again: ${describeError(error)}`,
      )
    }
  }

  async #readStates(tasks: readonly HeldTask[]): Promise<readonly (TaskState | undefined)[]> {
    const { active, backend, persistence } = this.#parts
    if (tasks.length === 0 || backend.capabilities.reads !== 'many') return []
    const uuids = tasks.map((held) => held.signature.uuid)
    try {
      return await persistence.untilDone('read the states of received tasks', () => backend.readStates(uuids))
    } catch (error) {
      // They go back: when they come again, nothing must look as if they were being run.
      for (const held of tasks) active.remove(held)
      throw error
    }
  }
}

function isSameMessage(one: Delivery, other: Delivery): boolean {
  return one.body.byteLength === other.body.byteLength && Buffer.compare(one.body, other.body) === 0
}

function unnamed({ name, uuid }: Signature): InvalidSignatureError {
  return new InvalidSignatureError(
    `A signature needs a UUID and a name; this one has UUID ${JSON.stringify(uuid)} and name ${JSON.stringify(name)}.`,
  )
}
