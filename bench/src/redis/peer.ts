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

/** A task queue on Redis, as the experiments see it. What it needs at all, it connects when `open` is called. */
export interface Peer extends AsyncDisposable {
  /** Sends `add(a, b)`. Resolves when the server has it. */
  send(a: number, b: number): Promise<void>
  /** Sends them all in the way the library offers for many. */
  sendMany(pairs: readonly Pair[]): Promise<void>
  /** Gets ready to hear of results. */
  prepareAsking(): Promise<void>
  /** Sends `add(a, b)` and waits for its result. */
  ask(a: number, b: number): Promise<number>
  /** Begins to work the queue off. Answers how to end that. */
  work(work: Work): Promise<() => Promise<void>>
  /** How many tasks are stored as successful. */
  countSuccesses(): Promise<number>
}
