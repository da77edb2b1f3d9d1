/** Something that runs a group of tasks and then one more with their results, as the experiments see it. */
export interface ChordPeer extends AsyncDisposable {
  /**
   * Sends `add(i, 1)` for every `i` below `members` and, with all their results, `sum`. Resolves with that sum as soon as
   * it is known to the worker, which is in this process.
   */
  run(members: number): Promise<number>
}

/** How many tasks the worker of each peer runs at once. */
export const concurrency = 100
