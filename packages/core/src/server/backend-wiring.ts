import type { Backend, CancelNotifier, Clock, RecordRenewer } from '../contracts/index.js'
import { ResultWaiter } from '../result/index.js'
import { guardBackend, guardCanceller, guardNotifier, guardRenewer } from '../sending/index.js'

/** A backend as the server uses it, with its extra powers: all with deadlines. */
export interface BackendWiring {
  readonly backend: Backend
  readonly waiter: ResultWaiter
  readonly canceller: CancelNotifier | undefined
  readonly renewer: RecordRenewer | undefined
  /** Where this process hears of results, if the backend can push them. */
  readonly replyAddress: string | undefined
}

export function wireBackend(adapter: Backend, clock: Clock, deadlineMs: number): BackendWiring {
  const backend = guardBackend(adapter, deadlineMs)
  const notifier = guardNotifier(adapter, deadlineMs)
  return {
    backend,
    waiter: new ResultWaiter(backend, notifier, clock),
    canceller: guardCanceller(adapter, deadlineMs),
    renewer: guardRenewer(adapter, deadlineMs),
    replyAddress: notifier?.replyAddress,
  }
}
