/** One argument, as it travels. */
export interface SignatureArg {
  /** Never interpreted. */
  readonly name?: string
  /** A Go type: `int64`, `string`, `[]float64`, … */
  readonly type: string
  /** A JSON value; `bigint` for integers beyond 2^53, `Uint8Array` for bytes, `RawNumber` for a literal kept as received. */
  readonly value: unknown
}

export type HeaderValue = string | boolean | null

/**
 * One invocation of a task: what travels. Fields are Machinery's, in the order of the wire.
 * A plain object: build one with `task.s(…)` or `newSignature(…)`, or write the literal.
 */
export interface Signature {
  /** The task's id and the key of its state. Filled in when sent, if empty. */
  uuid: string
  /** The registered task name. */
  name: string
  /** The queue. Filled in when sent, if empty: the default queue of the process that sends. */
  routingKey: string
  /** Earliest execution, or null for now. An `ETA` received from the wire keeps its text when it is only forwarded. */
  eta: Date | null
  groupUuid: string
  groupTaskCount: number
  args: readonly SignatureArg[]
  /**
   * Strings, booleans and null only: a Go worker cannot forward anything else over AMQP. Null travels as JSON null,
   * as in Machinery a signature has no headers until it is sent.
   */
  headers: Record<string, HeaderValue> | null
  /** 0 to 255. */
  priority: number
  /** As a parent: its results are not passed to its `onSuccess`. As a chord's callback: it takes no members' results. */
  immutable: boolean
  /** How often a failure is tried again. */
  retryCount: number
  /** The last delay in seconds; the next one is the next Fibonacci number above. */
  retryTimeout: number
  onSuccess: readonly Signature[]
  onError: readonly Signature[]
  chordCallback: Signature | null
  /** The message group of an SQS FIFO queue. */
  brokerMessageGroupId: string
  /** Set by Go's SQS consumer; always empty on the way out. */
  sqsReceiptHandle: string
  /** Keep the message for the dead-letter place when the task ends in FAILURE. */
  stopTaskDeletionOnError: boolean
  /** Drop instead of give back where the task is not registered. */
  ignoreWhenTaskNotRegistered: boolean
}
