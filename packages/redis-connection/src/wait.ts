import { redactText } from '@machinery/core/adapter'
import type { RedisClient } from './redis-client.js'
import { RedisUnavailableError } from './redis-unavailable-error.js'

/** How long `waitForEnd` waits for sockets to go, in milliseconds. */
const goneWithinMs = 1_000

/** Answers that more attempts do not change. */
const loginRefused = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR AUTH)/

export interface ReadyWait {
  readonly description: string
  readonly timeoutMs: number
  /** Whether it is ours to connect again when it has ended. */
  readonly isOurs: boolean
  readonly lastError: () => unknown
  /** Aborted by `close()`; the reason is what the wait rejects with. */
  readonly signal: AbortSignal
}

/** Connects the client if nobody did, and waits until it takes commands. */
export function waitUntilReady(client: RedisClient, wait: ReadyWait): Promise<RedisClient> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      client.off('ready', succeed)
      client.off('end', ended)
      client.off('error', failed)
      client.off('node error', failed)
      wait.signal.removeEventListener('abort', aborted)
    }
    const aborted = (): void => {
      settle()
      reject(wait.signal.reason)
    }
    const succeed = (): void => {
      settle()
      resolve(client)
    }
    const fail = (what: string): void => {
      settle()
      const cause = wait.lastError()
      const reason = cause instanceof Error ? `: ${redactText(describe(cause))}` : ''
      reject(new RedisUnavailableError(`${what} Redis at ${wait.description}${reason}.`, { cause }))
    }
    const ended = (): void => fail('The connection was closed to')
    // What the server answered to the login; anything else may be better at the next attempt.
    const failed = (error: unknown): void => {
      if (error instanceof Error && loginRefused.test(error.message)) fail('The login was refused by')
    }
    const timer = setTimeout(() => fail(`No connection within ${wait.timeoutMs} ms to`), wait.timeoutMs)
    client.on('ready', succeed)
    client.on('end', ended)
    client.on('error', failed)
    client.on('node error', failed)
    wait.signal.addEventListener('abort', aborted)

    const mayConnect = client.status === 'wait' || (client.status === 'end' && wait.isOurs)
    if (mayConnect) client.connect().catch(() => {})
    else if (client.status === 'end') fail('The client that was given is closed for')
  })
}

/** Disconnects the client and waits until its socket is gone, a second at most. */
export function waitForEnd(client: RedisClient): Promise<void> {
  return new Promise((resolve) => {
    // Between two attempts, and before a cluster's nodes are known, there is no socket, and ioredis tells nothing.
    const hasNoSocket = 'nodes' in client ? client.nodes().length === 0 : client.status === 'reconnecting'
    if (client.status === 'end' || hasNoSocket) {
      client.disconnect()
      resolve()
      return
    }
    const done = (): void => {
      clearTimeout(timer)
      client.off('end', done)
      resolve()
    }
    const timer = setTimeout(done, goneWithinMs)
    client.on('end', done)
    client.disconnect()
  })
}

/** A refused connection to a name with several addresses comes without a message. */
function describe(error: Error): string {
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return describe(error.lastNodeError)
  if (error.message !== '') return error.message.replace(/\.$/, '')
  return error instanceof AggregateError ? error.errors.map(String).join(', ') : error.name
}
