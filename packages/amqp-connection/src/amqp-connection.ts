import { ClosedError, ConfigurationError } from '@machinery/core'
import { type ChannelModel, connect } from 'amqplib'
import { type AmqpAddress, resolveAddresses } from './address.js'
import { AmqpUnavailableError } from './amqp-unavailable-error.js'
import { describeConnectFailure } from './connect-failure.js'
import { LiveConnection } from './live-connection.js'
import type { AmqpConnectionOptions } from './options.js'
import { destroySocket } from './socket.js'

/** A connection to RabbitMQ that is made on first use, and made anew on the next use after it broke. */
export interface AmqpConnection {
  /** Where it leads, for messages and logs. Without credentials. */
  readonly description: string
  /**
   * The connection, open at this moment.
   * @throws AmqpUnavailableError when no server could be reached within `connectTimeoutMs`
   * @throws ClosedError after `close()`
   */
  ready(): Promise<LiveConnection>
  /** The connection if it is open, without connecting. */
  readonly live: LiveConnection | undefined
  /** Another one to the same place. With a `connection` that was passed in: the same one. */
  another(): AmqpConnection
  /** Ends it. Never hangs; safe to call twice. */
  close(): Promise<void>
}

/**
 * Prepares a connection. Nothing connects before it is used.
 * @throws ConfigurationError where options are wrong or contradict each other
 */
export function openAmqp(options: AmqpConnectionOptions = {}): AmqpConnection {
  const connectTimeoutMs = checkTimeout('connectTimeoutMs', options.connectTimeoutMs ?? 10_000)
  const callTimeoutMs = checkTimeout('callTimeoutMs', options.callTimeoutMs ?? 10_000)
  const { connection } = options
  if (connection !== undefined) {
    const other = (['url', 'urls', 'tls'] as const).find((name) => options[name] !== undefined)
    if (other !== undefined) {
      throw new ConfigurationError(`RabbitMQ: connection and ${other} contradict each other. Set one of them.`)
    }
    const description = 'the connection that was given'
    const live = new LiveConnection(connection, { description, callTimeoutMs, isOurs: false })
    const refuse = (): Promise<never> =>
      Promise.reject(live.error ?? new AmqpUnavailableError(`RabbitMQ: ${description} is closed. Give an open one.`))
    return new Connection(description, refuse, live)
  }
  const addresses = resolveAddresses(options)
  const description = addresses.map((address) => address.description).join(', ')
  return new Connection(description, (signal) => connectToAny(addresses, { connectTimeoutMs, callTimeoutMs, signal }))
}

class Connection implements AmqpConnection {
  readonly description: string
  readonly #open: (signal: AbortSignal) => Promise<LiveConnection>
  readonly #given: LiveConnection | undefined
  /** Ends what is being opened. */
  readonly #abort = new AbortController()
  #live: LiveConnection | undefined
  #opening: Promise<LiveConnection> | undefined
  #closing: Promise<void> | undefined

  /** @param given one that is open already */
  constructor(description: string, open: (signal: AbortSignal) => Promise<LiveConnection>, given?: LiveConnection) {
    this.description = description
    this.#open = open
    this.#given = given
    this.#live = given
  }

  get live(): LiveConnection | undefined {
    return this.#live?.isOpen ? this.#live : undefined
  }

  ready(): Promise<LiveConnection> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError())
    if (this.#live?.isOpen) return Promise.resolve(this.#live)
    this.#opening ??= this.#reopen().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  another(): AmqpConnection {
    return new Connection(this.description, this.#open, this.#given)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #reopen(): Promise<LiveConnection> {
    const live = await this.#open(this.#abort.signal).catch((error: unknown) => {
      throw this.#closing === undefined ? error : this.#closedError()
    })
    if (this.#closing !== undefined) {
      await live.close()
      throw this.#closedError()
    }
    this.#live = live
    return live
  }

  async #close(): Promise<void> {
    this.#abort.abort()
    // It ends at once, and closes what it has opened meanwhile.
    await this.#opening?.catch(() => {})
    await this.#live?.close()
  }

  #closedError(): ClosedError {
    return new ClosedError(`The connection to RabbitMQ at ${this.description}`)
  }
}

async function connectToAny(
  addresses: readonly AmqpAddress[],
  { connectTimeoutMs, callTimeoutMs, signal }: { connectTimeoutMs: number; callTimeoutMs: number; signal: AbortSignal },
): Promise<LiveConnection> {
  const timeout = Math.ceil(connectTimeoutMs / addresses.length)
  const failures: { readonly reason: string; readonly cause: unknown }[] = []
  for (const { url, socket, vhost, description } of addresses) {
    try {
      const model = await connectWithin(url, { ...socket, timeout }, signal)
      return new LiveConnection(model, { description, callTimeoutMs, isOurs: true })
    } catch (error) {
      signal.throwIfAborted()
      failures.push({ reason: `${description}: ${describeConnectFailure(error, vhost)}`, cause: error })
    }
  }
  throw new AmqpUnavailableError(`No connection to RabbitMQ: ${failures.map(({ reason }) => reason).join('; ')}.`, {
    cause: failures.at(-1)?.cause,
  })
}

type SocketOptions = AmqpAddress['socket'] & { readonly timeout: number }

/** amqplib's own timeout counts silence only, so that a server that drips would hold us for ever. */
function connectWithin(url: string, socket: SocketOptions, signal: AbortSignal): Promise<ChannelModel> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    // Until then nobody else can end the socket, which would keep the process alive.
    const attempt = new AbortController()
    const giveUp = (error: unknown): void => {
      cleanUp()
      reject(error)
      attempt.abort()
    }
    const onAbort = (): void => giveUp(signal.reason)
    const cleanUp = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
    const timer = setTimeout(() => giveUp(new Error(`no answer within ${socket.timeout} ms`)), socket.timeout)
    signal.addEventListener('abort', onAbort)
    // Node's own options go through amqplib to `net.connect` and `tls.connect`.
    const options = { ...socket, signal: attempt.signal }
    connect(url, options).then((model) => {
      cleanUp()
      // One that opens late has no owner.
      if (attempt.signal.aborted)
        destroySocket(
          model.on('error', () => {}),
          new Error('Nobody waits for it any more.'),
        )
      else resolve(model)
    }, giveUp)
  })
}

function checkTimeout(name: string, ms: number): number {
  // Beyond that, Node's timers fire at once.
  if (Number.isFinite(ms) && ms >= 1 && ms <= 0x7fff_ffff) return ms
  throw new ConfigurationError(`RabbitMQ: ${name} must be between 1 and 2147483647 milliseconds, got ${ms}.`)
}
