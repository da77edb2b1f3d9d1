/** One server. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** Redis over TCP: one server, the nodes of a cluster, or sentinels. */
export interface RedisUrl {
  readonly kind: 'redis'
  /** In the order of the URL. */
  readonly addresses: readonly RedisAddress[]
  /** Empty: none. */
  readonly username: string
  /** Empty: none. */
  readonly password: string
  readonly db: number
  /** Whether the scheme is `rediss`. */
  readonly tls: boolean
}

/** Redis over a unix socket. */
export interface RedisSocketUrl {
  readonly kind: 'redis-socket'
  readonly path: string
  readonly username: string
  readonly password: string
  readonly db: number
}

const redisPort = 6379
const scheme = /^(rediss?):\/(?:\/|$)/

/**
 * `redis://[user:password@]host[:port][/db]`, or several hosts between commas: user info before the first one, the
 * database after the last one. User info without a colon is the password. It is percent-decoded with a single host only,
 * as in Go. A database that is no number counts as 0. Port 6379 where there is none.
 * @throws Error that says what is wrong, without the URL
 */
export function parseRedisUrl(url: string): RedisUrl {
  const tls = scheme.exec(url)?.[1] === 'rediss'
  if (!scheme.test(url)) throw new Error('it must start with redis:// or rediss://')
  const rest = url.replace(scheme, '')
  if (rest === '') return { kind: 'redis', addresses: [], username: '', password: '', db: 0, tls }
  return rest.includes(',') ? parseSeveral(rest, tls) : parseSingle(rest, tls)
}

/**
 * `redis+socket://[user:password@]/path[:/db]`.
 * @throws Error that says what is wrong, without the URL
 */
export function parseRedisSocketUrl(url: string): RedisSocketUrl {
  const rest = url.slice('redis+socket://'.length)
  // The path starts with a slash, so `@/` ends the user info; a path may hold `@` too.
  const at = rest.startsWith('/') ? -1 : rest.indexOf('@/')
  const pathAndDb = rest.slice(at + 1)
  const colon = pathAndDb.indexOf(':')
  const path = colon < 0 ? pathAndDb : pathAndDb.slice(0, colon)
  if (!/^\/./.test(path))
    throw new Error('the path of the socket must follow and start with a slash, as in redis+socket:///run/redis.sock')
  return {
    kind: 'redis-socket',
    path,
    ...splitUserInfo(at < 0 ? '' : rest.slice(0, at), false),
    db: colon < 0 ? 0 : parseDb(pathAndDb.slice(colon + 1)),
  }
}

/**
 * `host`, `host:port` or `[ipv6]:port`.
 * @throws Error that says what is wrong, without the address
 */
export function parseAddress(address: string, defaultPort: number): RedisAddress {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^\s:@[\]/?#]+))(?::(\d{1,5}))?$/i.exec(address)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3] ?? defaultPort)
  if (host === undefined)
    throw new Error(
      'an address must be host, host:port or [ipv6]:port (in a password, write / as %2F, ? as %3F and # as %23)',
    )
  if (port > 65_535) throw new Error('a port must be at most 65535')
  return { host, port }
}

function parseSingle(rest: string, tls: boolean): RedisUrl {
  const beforeQuery = rest.slice(0, rest.search(/[?#]|$/))
  const slash = beforeQuery.search(/\/|$/)
  const authority = beforeQuery.slice(0, slash)
  const at = authority.lastIndexOf('@')
  return {
    kind: 'redis',
    addresses: [parseAddress(authority.slice(at + 1), redisPort)],
    ...splitUserInfo(authority.slice(0, Math.max(0, at)), true),
    db: parseDb(beforeQuery.slice(slash)),
    tls,
  }
}

function parseSeveral(rest: string, tls: boolean): RedisUrl {
  const parts = rest.split(',')
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  const at = first.lastIndexOf('@')
  parts[0] = first.slice(at + 1)
  parts[parts.length - 1] = last.slice(0, last.search(/\/|$/))
  if (parts.some((part) => part.includes('@'))) {
    throw new Error(
      'with several addresses, the user info goes before the first one only (write a comma in a password as %2C, with a single address)',
    )
  }
  return {
    kind: 'redis',
    addresses: parts.map((part) => parseAddress(part, redisPort)),
    ...splitUserInfo(first.slice(0, Math.max(0, at)), false),
    db: parseDb(last.slice(last.search(/\/|$/))),
    tls,
  }
}

function splitUserInfo(userInfo: string, isEncoded: boolean): { username: string; password: string } {
  const decode = (text: string): string => (isEncoded ? decodePercent(text) : text)
  const colon = userInfo.indexOf(':')
  if (colon < 0) return { username: '', password: decode(userInfo) }
  return { username: decode(userInfo.slice(0, colon)), password: decode(userInfo.slice(colon + 1)) }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('a % in the user info must be written as %25')
  }
}

function parseDb(path: string): number {
  return Number(/^\/(\d{1,9})(?:\/|$)/.exec(path)?.[1] ?? 0)
}
