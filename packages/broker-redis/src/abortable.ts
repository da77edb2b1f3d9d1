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
 * What `promise` comes to, or undefined when it is not settled `graceMs` after one of the signals aborted. `onAbort` is
 * called at once then. What becomes of the promise afterwards is the caller's business.
 */
export function whileWanted<T>(
  promise: Promise<T>,
  signals: readonly AbortSignal[],
  graceMs: number,
  onAbort: () => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const abort = (): void => {
      if (timer !== undefined) return
      timer = setTimeout(() => {
        stopListening()
        resolve(undefined)
      }, graceMs)
      onAbort()
    }
    const stopListening = (): void => {
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', abort)
    }
    promise.then(
      (value) => {
        stopListening()
        resolve(value)
      },
      (error: unknown) => {
        stopListening()
        reject(error)
      },
    )
    for (const signal of signals) {
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    }
  })
}
