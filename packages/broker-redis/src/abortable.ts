/** Waits; earlier when `signal` aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}

/**
 * What `promise` comes to, or undefined when it is not settled `graceMs` after `signal` aborted. `onAbort` is called at once
 * then. What becomes of it afterwards is the caller's business.
 */
export function whileWanted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  graceMs: number,
  onAbort: () => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const abort = (): void => {
      onAbort()
      timer = setTimeout(() => settle(resolve, undefined), graceMs)
    }
    const settle = <V>(how: (value: V) => void, value: V): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      how(value)
    }
    promise.then(
      (value) => settle(resolve, value),
      (error: unknown) => settle(reject, error),
    )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
