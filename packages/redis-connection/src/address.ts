import type { ConnectionOptions } from 'node:tls'
import { ConfigurationError, parseBrokerUrl } from '@machinery/core'
import type { RedisConnectionOptions } from './options.js'

/** Where Redis is, with every option resolved. */
export interface RedisAddress {
  readonly kind: 'server' | 'cluster' | 'sentinel'
  /** One server, the nodes of a cluster or the sentinels; empty for a socket. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly socketPath: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly db: number
  readonly tls: ConnectionOptions | undefined
  readonly masterName: string | undefined
  readonly sentinelUsername: string | undefined
  readonly sentinelPassword: string | undefined
}

type Place = Pick<RedisAddress, 'hosts' | 'socketPath' | 'username' | 'password' | 'db'> & { readonly tls: boolean }

const fromUrlToo = ['host', 'port', 'socketPath', 'sentinels'] as const

/** @throws ConfigurationError where options are wrong or contradict each other; it shows no credentials */
export function resolveAddress(options: RedisConnectionOptions): RedisAddress {
  const place = options.url === undefined ? placeOf(options) : placeOfUrl(options.url)
  if (options.url !== undefined) {
    const other = fromUrlToo.find((name) => options[name] !== undefined)
    if (other !== undefined)
      throw new ConfigurationError(`Redis: url and ${other} contradict each other. Set one of them.`)
  }
  const { masterName, db = place.db } = options
  const isCluster = options.cluster ?? (place.hosts.length > 1 && masterName === undefined)
  if (!Number.isSafeInteger(db) || db < 0) throw new ConfigurationError(`Redis: db must be 0 or more, got ${db}.`)
  if (isCluster && masterName !== undefined) {
    throw new ConfigurationError(
      'Redis: cluster and masterName contradict each other: sentinels watch no cluster. Set one.',
    )
  }
  if (isCluster && db > 0) {
    throw new ConfigurationError(`Redis: a cluster has only database 0, got ${db}. Leave db out.`)
  }
  if (isCluster && place.socketPath !== undefined) {
    throw new ConfigurationError('Redis: a cluster cannot be reached through a unix socket. Give the host of one node.')
  }
  if (!isCluster && masterName === undefined && place.hosts.length > 1) {
    throw new ConfigurationError(
      `Redis: ${place.hosts.length} hosts need cluster: true (its nodes) or masterName (then they are sentinels).`,
    )
  }
  return {
    ...place,
    kind: isCluster ? 'cluster' : masterName === undefined ? 'server' : 'sentinel',
    username: options.username ?? place.username,
    password: options.password ?? place.password,
    db,
    tls: resolveTls(options.tls ?? place.tls),
    masterName,
    sentinelUsername: options.sentinelUsername,
    sentinelPassword: options.sentinelPassword,
  }
}

/** For messages and logs: without credentials. */
export function describeAddress({ kind, hosts, socketPath, db, tls, masterName }: RedisAddress): string {
  const database = db === 0 ? '' : `/${db}`
  if (socketPath !== undefined) return `redis+socket://${socketPath}${db === 0 ? '' : `:/${db}`}`
  const place = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',')
  const role = kind === 'server' ? '' : kind === 'cluster' ? ' (cluster)' : ` (sentinels of ${masterName})`
  return `${tls === undefined ? 'redis' : 'rediss'}://${place}${database}${role}`
}

function placeOf(options: RedisConnectionOptions): Place {
  const { host = 'localhost', port, socketPath, sentinels } = options
  const login = { username: undefined, password: undefined, db: 0, tls: false }
  if (socketPath !== undefined) {
    if (options.host !== undefined || port !== undefined) {
      throw new ConfigurationError('Redis: socketPath and host or port contradict each other. Set one of them.')
    }
    return { ...login, hosts: [], socketPath }
  }
  if (sentinels !== undefined) {
    if (options.masterName === undefined || sentinels.length === 0) {
      throw new ConfigurationError('Redis: sentinels need masterName, and there must be at least one of them.')
    }
    const hosts = sentinels.map((sentinel) => ({ host: sentinel.host, port: checkPort(sentinel.port ?? 26_379) }))
    return { ...login, hosts, socketPath: undefined }
  }
  return { ...login, hosts: [{ host, port: checkPort(port ?? 6379) }], socketPath: undefined }
}

function placeOfUrl(url: string): Place {
  if (typeof url !== 'string' || !/^(?:rediss?|redis\+socket):\/\//.test(url)) {
    throw new ConfigurationError(
      `Redis: url must start with redis://, rediss:// or redis+socket://${insteadOf(url)}. Write redis://localhost:6379, for example.`,
    )
  }
  const parsed = parseBrokerUrl(url)
  if (parsed.kind !== 'redis' && parsed.kind !== 'redis-socket') {
    throw new ConfigurationError('Redis: url must start with redis://, rediss:// or redis+socket://.')
  }
  checkDatabase(url)
  const login = { username: parsed.username || undefined, password: parsed.password || undefined, db: parsed.db }
  return parsed.kind === 'redis'
    ? { ...login, hosts: parsed.addresses, socketPath: undefined, tls: parsed.tls }
    : { ...login, hosts: [], socketPath: parsed.path, tls: false }
}

/** Of a URL only what cannot hold a password. */
function insteadOf(url: unknown): string {
  if (typeof url !== 'string') return `, got a value of type ${typeof url}`
  const plain = /^(?:[\w.-]{1,60}:\d{1,5}$|[a-z][a-z\d+.-]{0,20}:\/\/)/i.exec(url)?.[0]
  return plain === undefined ? '' : `, got ${plain}${plain === url ? '' : '…'}`
}

/** In Go what is no number is database 0, and so tasks would go to where nobody looks. */
function checkDatabase(url: string): void {
  const last =
    url
      .slice(url.indexOf('://') + 3)
      .split(',')
      .at(-1) ?? ''
  const path = url.startsWith('redis+socket:')
    ? (/\/[^:]*:(.*)$/s.exec(last.slice(last.indexOf('@/') + 1))?.[1] ?? '')
    : (/^[^/?#]*([^?#]*)/.exec(last)?.[1] ?? '')
  if (/^(?:\/?|\/\d{1,9}(?:\/.*)?)$/.test(path)) return
  throw new ConfigurationError(
    'Redis: what follows the host in the url must be the number of a database, as in redis://localhost:6379/2.',
  )
}

function resolveTls(tls: boolean | ConnectionOptions): ConnectionOptions | undefined {
  if (typeof tls === 'object') return tls
  return tls ? {} : undefined
}

function checkPort(port: number): number {
  if (Number.isSafeInteger(port) && port > 0 && port <= 65_535) return port
  const got = typeof port === 'string' ? `the string ${JSON.stringify(port)}` : String(port)
  throw new ConfigurationError(`Redis: port must be a number between 1 and 65535, got ${got}.`)
}
