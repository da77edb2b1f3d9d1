import type { Signature } from '../signature/index.js'
import type { HeldTask } from './held-task.js'

/**
 * The tasks that a worker holds, by UUID.
 *
 * In an object and not in a `Map`: where entries come and go, a `Map` moves to a new table now and then, and the table it
 * leaves points to the next one. As soon as one of them has outlived some collections, the collector of young objects keeps
 * all that follow, with whatever was in them: nearly every task would be copied twice before a full collection frees it.
 */
export class HeldTasks {
  readonly #byUuid: Record<string, HeldTask> = Object.create(null)

  get(uuid: string): HeldTask | undefined {
    return this.#byUuid[uuid]
  }

  add(held: HeldTask): void {
    this.#byUuid[held.signature.uuid] = held
  }

  /** Forgets this very task; another one of its UUID stays. */
  remove(held: HeldTask): void {
    const { uuid } = held.signature
    if (this.#byUuid[uuid] === held) delete this.#byUuid[uuid]
  }

  signatures(): readonly Signature[] {
    return Object.values(this.#byUuid).map(({ signature }) => signature)
  }
}
