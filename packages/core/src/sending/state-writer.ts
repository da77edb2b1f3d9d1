import type { BatchEntry } from '../batch/index.js'
import { TurnBatcher } from '../batch/index.js'
import type { Backend, StateSaved, StateWrite } from '../contracts/index.js'

/** Stores states, gathered per turn of the event loop. */
export class StateWriter {
  readonly #batcher: TurnBatcher<StateWrite, StateSaved>
  readonly #keepsHistory: boolean

  constructor(backend: Backend) {
    this.#keepsHistory = backend.capabilities.keepsHistory
    this.#batcher = new TurnBatcher({ flush: (writes) => backend.saveStates(writes) })
  }

  /** Stores one state. */
  save(write: StateWrite): BatchEntry<StateWrite, StateSaved> {
    return this.#batcher.add(write)
  }

  /**
   * Stores `write`, in the place of `earlier` of the same task if that has not left yet: nobody could have seen it.
   * A backend that keeps every state gets both.
   */
  supersede(
    earlier: BatchEntry<StateWrite, StateSaved> | undefined,
    write: StateWrite,
  ): BatchEntry<StateWrite, StateSaved> {
    if (earlier === undefined || earlier.flushed || this.#keepsHistory) return this.#batcher.add(write)
    earlier.item = write
    return earlier
  }
}
