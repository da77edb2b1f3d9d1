/** One execution of a task, when it began. */
export interface Run {
  readonly side: 'go' | 'ts'
  readonly name: string
  readonly uuid: string
  /** Epoch ms. */
  readonly t: number
}

/** Whatever runs tasks and can be stopped. */
export interface RunningWorker {
  /** In the order in which they began. */
  readonly runs: readonly Run[]
  /** Lets running tasks finish. */
  quit(): Promise<void>
  /** As fast as it may without losing what others need: Go takes a second to end politely. */
  stop(): Promise<void>
}
