import type { ServerProcess } from './server-process.js'

/** A server that a test started for itself, and may treat as it likes. Stopped at the latest when its process ends. */
export interface TestServer extends AsyncDisposable {
  /** What a client connects to. The same after a restart. */
  readonly url: string
  readonly port: number
  /** Holds the server's data. Kept over restarts, removed by `stop`. */
  readonly dir: string
  /** Of the process that runs now, or that ran last. */
  readonly pid: number
  /** Sends a signal (default SIGKILL). Resolves when the process has ended, or at once for SIGSTOP, SIGCONT and the like. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Ends the process politely if it still runs, starts another on the same port and data, and waits until it answers. */
  restart(): Promise<void>
  /** Ends the process and removes its data. Safe to call twice. */
  stop(): Promise<void>
}

/** Starts the process and shows it as a `TestServer`; what a failed start leaves behind is removed. */
export async function startTestServer(
  server: ServerProcess,
  place: { readonly url: string; readonly port: number; readonly dir: string },
  stop: () => Promise<void>,
): Promise<TestServer> {
  try {
    await server.start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    ...place,
    get pid() {
      return server.pid
    },
    kill: (signal) => server.kill(signal),
    restart: () => server.restart(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
