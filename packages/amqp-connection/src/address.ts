import type { ConnectionOptions } from 'node:tls'
import { ConfigurationError } from '@machinery/core'
import { redactUrl } from '@machinery/core/adapter'
import { credentials, type SocketOptions } from 'amqplib'
import type { AmqpConnectionOptions } from './options.js'

/** One server, as amqplib takes it. */
export interface AmqpAddress {
  /** Holds the password. */
  readonly url: string
  readonly socket: Omit<SocketOptions, 'timeout'>
  readonly vhost: string
  /** For messages and logs: without credentials. */
  readonly description: string
}

const defaultUrl = 'amqp://guest:guest@localhost:5672'

/** @throws ConfigurationError where options are wrong or contradict each other; it shows no credentials */
export function resolveAddresses(options: AmqpConnectionOptions): readonly AmqpAddress[] {
  const { url, urls, tls, heartbeatSeconds = 10, connectionName = 'machinery' } = options
  if (url !== undefined && urls !== undefined) {
    throw new ConfigurationError('RabbitMQ: url and urls contradict each other. Set one of them.')
  }
  if (urls?.length === 0) throw new ConfigurationError('RabbitMQ: urls is empty. Name one server at least.')
  if (!Number.isInteger(heartbeatSeconds) || heartbeatSeconds < 0 || heartbeatSeconds > 65_535) {
    throw new ConfigurationError(
      `RabbitMQ: heartbeatSeconds must be a whole number between 0 and 65535, got ${heartbeatSeconds}.`,
    )
  }
  return (urls ?? [url ?? defaultUrl]).map((each) => resolveAddress(each, { tls, heartbeatSeconds, connectionName }))
}

function resolveAddress(
  text: string,
  options: { tls: ConnectionOptions | undefined; heartbeatSeconds: number; connectionName: string },
): AmqpAddress {
  const description = redactUrl(text)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^amqps?:$/.test(url.protocol) || url.hostname === '') {
    throw new ConfigurationError(
      `RabbitMQ: ${description} is no URL of the form amqp://user:password@host:port/vhost or amqps://….`,
    )
  }
  if (options.tls !== undefined && url.protocol !== 'amqps:') {
    throw new ConfigurationError(
      `RabbitMQ: tls is set and ${description} asks for no TLS, so the connection would not be encrypted. Use amqps://.`,
    )
  }
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(options.heartbeatSeconds))
  const { timeout: _, ...tls } = options.tls ?? {}
  const socket: Omit<SocketOptions, 'timeout'> = {
    ...tls,
    noDelay: true,
    clientProperties: { connection_name: options.connectionName },
  }
  // amqplib reads escapes as Latin-1, which breaks passwords of other characters.
  if (url.username !== '' || url.password !== '') {
    socket.credentials = credentials.plain(unescaped(url.username), unescaped(url.password))
  }
  return { url: url.href, socket, vhost: unescaped(url.pathname.slice(1)) || '/', description }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
