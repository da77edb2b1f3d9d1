/** What the process tells a launched worker. */
export interface ProcessEventHandlers {
  /** SIGTERM or SIGINT; `count` is 1 for the first. */
  readonly onSignal: (signal: NodeJS.Signals, count: number) => void
  /** An exception or a rejection that nobody caught. */
  readonly onCrash: (error: unknown) => void
}

/** Listens to the process. Returns the function that ends it. */
export function listenToProcess({ onSignal, onCrash }: ProcessEventHandlers): () => void {
  let count = 0
  const signalled = (signal: NodeJS.Signals): void => onSignal(signal, ++count)
  process.on('SIGTERM', signalled)
  process.on('SIGINT', signalled)
  process.on('uncaughtException', onCrash)
  process.on('unhandledRejection', onCrash)
  return () => {
    process.off('SIGTERM', signalled)
    process.off('SIGINT', signalled)
    process.off('uncaughtException', onCrash)
    process.off('unhandledRejection', onCrash)
  }
}
