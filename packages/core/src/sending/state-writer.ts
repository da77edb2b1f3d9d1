import type { BatchEntry } from '../batch/index.js'
import { TurnBatcher } from '../batch/index.js'
import type { Backend, StateSaved, StateWrite } from '../contracts/index.js'

/**
 * The most calls under way at once. A backend is asked for the next states while it still stores the last: waiting for one
 * another would leave both sides idle half of the time. States never go back, whatever their order.
 */
const MAX_CALLS = 3

/** Stores states, gathered per turn of the event loop. */
export class StateWriter {
  readonly #batcher: TurnBatcher<StateWrite, StateSaved>
  readonly #keepsHistory: boolean
  /** When the backend last stored a state, as `performance.now()` tells it; 0: never yet. */
  lastStoredAt = 0

  constructor(backend: Backend) {
    this.#keepsHistory = backend.capabilities.keepsHistory
    // Where every state is kept, readers see their order.
    const maxCalls = this.#keepsHistory ? 1 : MAX_CALLS
    const flush = async (writes: readonly StateWrite[]): Promise<readonly StateSaved[]> => {
      const answers = await backend.saveStates(writes)
      if (answers.some(({ status }) => status === 'stored')) this.lastStoredAt = performance.now()
      return answers
    }
    this.#batcher = new TurnBatcher({ flush, maxCalls })
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
