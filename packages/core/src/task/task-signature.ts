import type { HeaderValue, Signature, SignatureArg } from '../signature/index.js'
import type { AnyDescriptor } from './descriptor.js'
import type { Flow, Gives, Passing, ResultValue, Takes } from './flow.js'
import { localFacts, setLocalFacts } from './local-facts.js'
import { applyChanges, type SignatureChanges } from './signature-changes.js'

/**
 * A signature that knows its task's types: `Missing` is what it still takes from the step before it, `Results` what its
 * task returns. In every other respect a plain {@link Signature}; plain ones are welcome wherever this one is.
 */
export class TaskSignature<
  Missing extends Takes = Takes,
  Results extends readonly AnyDescriptor[] = readonly AnyDescriptor[],
  P extends Passing = Passing,
> implements Signature
{
  uuid: string
  name: string
  routingKey: string
  eta: Date | null
  groupUuid: string
  groupTaskCount: number
  args: readonly SignatureArg[]
  headers: Record<string, HeaderValue> | null
  priority: number
  immutable: boolean
  retryCount: number
  retryTimeout: number
  onSuccess: readonly Signature[]
  onError: readonly Signature[]
  chordCallback: Signature | null
  brokerMessageGroupId: string
  sqsReceiptHandle: string
  stopTaskDeletionOnError: boolean
  ignoreWhenTaskNotRegistered: boolean
  /** Types only. */
  declare readonly '~flow': Flow<Missing, Results extends Gives ? Results : never, ResultValue<Results>, P>

  /** Copies `source`. Use `task.s(…)` instead. */
  constructor(source: Signature) {
    this.uuid = source.uuid
    this.name = source.name
    this.routingKey = source.routingKey
    this.eta = source.eta
    this.groupUuid = source.groupUuid
    this.groupTaskCount = source.groupTaskCount
    this.args = source.args
    this.headers = source.headers
    this.priority = source.priority
    this.immutable = source.immutable
    this.retryCount = source.retryCount
    this.retryTimeout = source.retryTimeout
    this.onSuccess = source.onSuccess
    this.onError = source.onError
    this.chordCallback = source.chordCallback
    this.brokerMessageGroupId = source.brokerMessageGroupId
    this.sqsReceiptHandle = source.sqsReceiptHandle
    this.stopTaskDeletionOnError = source.stopTaskDeletionOnError
    this.ignoreWhenTaskNotRegistered = source.ignoreWhenTaskNotRegistered
    setLocalFacts(this, localFacts(source))
  }

  /**
   * A copy with some fields changed; this one stays as it is.
   * @throws TypeError for values that cannot travel, and for `delay` together with `eta`; ConfigurationError for unknown fields
   */
  with<Immutable extends boolean | undefined = undefined>(
    changes: SignatureChanges & { readonly immutable?: Immutable },
  ): TaskSignature<
    Missing,
    Results,
    Immutable extends true ? 'passes nothing' : Immutable extends false ? 'passes results' : P
  > {
    const copy = new TaskSignature(this)
    applyChanges(copy, changes)
    return copy as never
  }
}
