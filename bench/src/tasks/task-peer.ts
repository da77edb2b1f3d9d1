/** The two numbers that `add` adds up. */
export type Pair = readonly [a: number, b: number]

/** How a queue is worked off. */
export interface Work {
  readonly concurrency: number
  /** The task itself: `add`, with what the experiment wants to see of it. */
  readonly handler: (a: number, b: number) => number | Promise<number>
  /** Told when a task is over for the library: its result is stored, its message is gone from the queue. */
  readonly onDone?: () => void
  /** Told when a task or the connection fails: the run is void. */
  readonly onFailure: (error: unknown) => void
}

/** A task queue as the experiments see it. */
export interface TaskPeer extends AsyncDisposable {
  /** Sends `add(a, b)`. Resolves when the server has it. */
  send(a: number, b: number): Promise<void>
  /** Sends them all in the way the library offers for many. */
  sendMany(pairs: readonly Pair[]): Promise<void>
  /** Begins to work the queue off. Answers how to end that. */
  work(work: Work): Promise<() => Promise<void>>
  /** How many tasks are over for good, as the server sees it, after `sent` of them were sent. */
  countFinished(sent: number): Promise<number>
}
