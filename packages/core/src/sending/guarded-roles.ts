import type { Backend, CancelNotifier, RecordRenewer, ResultNotifier } from '../contracts/index.js'
import { isCancelNotifier, isRecordRenewer, isResultNotifier } from '../contracts/index.js'
import { type BackendCall, backendCall } from './backend-call.js'

/** The backend's pushing of results, guarded as its other calls; undefined where it cannot push. */
export function guardNotifier(backend: Backend, deadlineMs: number): ResultNotifier | undefined {
  if (!isResultNotifier(backend)) return undefined
  const within = backendCall(backend, deadlineMs)
  return {
    replyAddress: backend.replyAddress,
    onResults: (listener) => subscribe(within, 'onResults', () => backend.onResults(listener)),
  }
}

/** The same for cancellations. */
export function guardCanceller(backend: Backend, deadlineMs: number): CancelNotifier | undefined {
  if (!isCancelNotifier(backend)) return undefined
  const within = backendCall(backend, deadlineMs)
  return {
    cancel: (uuid) => within('cancel', () => backend.cancel(uuid)),
    onCancelled: (listener) => subscribe(within, 'onCancelled', () => backend.onCancelled(listener)),
  }
}

/** The same for the renewing of records. */
export function guardRenewer(backend: Backend, deadlineMs: number): RecordRenewer | undefined {
  if (!isRecordRenewer(backend)) return undefined
  const within = backendCall(backend, deadlineMs)
  return {
    renewRecords: (records, expiresInMs) => within('renewRecords', () => backend.renewRecords(records, expiresInMs)),
  }
}

type End = () => Promise<void>

async function subscribe(within: BackendCall, operation: string, call: () => Promise<End>): Promise<End> {
  let isLate = false
  const begin = async (): Promise<End> => {
    const end = await call()
    // A subscription that begins after its deadline has no owner, and would never end.
    if (isLate) await end()
    return end
  }
  try {
    const end = await within(operation, begin)
    return () => within(`end ${operation}`, end)
  } catch (error) {
    isLate = true
    throw error
  }
}
