/** The states of a task, in the words of the wire. */
export type TaskStateName = 'PENDING' | 'RECEIVED' | 'STARTED' | 'RETRY' | 'SUCCESS' | 'FAILURE'

/** One result of a task, as it travels: a Go type name and a JSON value. */
export interface TaskResult {
  /** A Go type, for example `int64` or `[]string`. */
  readonly type: string
  /**
   * The JSON value. A number literal that a double cannot hold is a `bigint` or a `RawNumber`;
   * bytes are base64 text.
   */
  readonly value: unknown
}

/** The record of one task. */
export interface TaskState {
  readonly taskUuid: string
  /** Empty where the writer did not know it. */
  readonly taskName: string
  readonly state: TaskStateName
  /** What the task returned, on SUCCESS; null otherwise. */
  readonly results: readonly TaskResult[] | null
  /** The error text, on FAILURE; empty otherwise. */
  readonly error: string
  /** When the task was sent: RFC 3339 text with up to nanoseconds; `0001-01-01T00:00:00Z` where unknown. */
  readonly createdAt: string
}
