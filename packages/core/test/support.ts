import { onTestFinished } from 'vitest'
import type { Backend, Broker, Lock, Logger, ServerOptions } from '../src/index.js'
import { Server, silentLogger } from '../src/index.js'

/** A server whose logs go nowhere, closed when the test ends. */
export function newServer(options: ServerOptions = {}, broker?: Broker, backend?: Backend, lock?: Lock): Server {
  const server = new Server({ logger: silentLogger, noUnixSignals: true, ...options }, broker, backend, lock)
  onTestFinished(() => server.close())
  return server
}

/** A server with a running worker. */
export function launchedServer(options: ServerOptions & { concurrency?: number } = {}): Server {
  const { concurrency = 4, ...rest } = options
  const server = newServer(rest)
  void server.newWorker('test-worker', concurrency).launch()
  return server
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`The condition did not hold within ${timeoutMs} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A logger that keeps what it is told. */
export function recordingLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = []
  const keep = (level: string) => (message: string) => void lines.push(`${level}: ${message}`)
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

/** Something to wait for, opened from outside. */
export function gate(): { readonly opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
