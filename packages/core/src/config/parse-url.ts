import { ConfigurationError } from '../errors/errors.js'
import { redactUrl } from '../logging/redact-url.js'
import {
  parseAddress,
  parseRedisSocketUrl,
  parseRedisUrl,
  type RedisAddress,
  type RedisSocketUrl,
  type RedisUrl,
} from './parse-redis-url.js'

/** RabbitMQ: servers to try in turn. */
export interface AmqpUrl {
  readonly kind: 'amqp'
  /** Complete URLs of `amqp` or `amqps`, for the client to parse. */
  readonly urls: readonly string[]
}

/** In this process. */
export interface EagerUrl {
  readonly kind: 'eager'
}

export type BrokerUrl =
  | AmqpUrl
  | RedisUrl
  | RedisSocketUrl
  | EagerUrl
  | { readonly kind: 'sqs'; readonly url: string }
  | { readonly kind: 'gcppubsub'; readonly project: string; readonly subscription: string }

export type BackendUrl =
  | AmqpUrl
  | RedisUrl
  | RedisSocketUrl
  | EagerUrl
  | { readonly kind: 'memcache'; readonly addresses: readonly RedisAddress[] }
  | { readonly kind: 'mongodb'; readonly url: string }
  | { readonly kind: 'dynamodb'; readonly url: string }
  | { readonly kind: 'null' }

export type LockUrl = EagerUrl | RedisUrl | RedisSocketUrl

/** What the parsing of URLs depends on. A `Config` is one. */
export interface UrlOptions {
  /** What stands between several AMQP URLs; empty: it is one. @default '' */
  readonly multipleBrokerSeparator?: string
  readonly sqs?: {
    /** Take any `http://` or `https://` URL for SQS, instead of `https://sqs…` only. @default false */
    readonly disableStrictUrlCheck?: boolean
  }
}

/**
 * What a broker URL says. The schemes are Machinery's: `amqp(s)`, `redis(s)`, `redis+socket`, `eager`, `https://sqs…`, `gcppubsub`.
 * @throws ConfigurationError for anything else; it shows the URL without credentials
 */
export function parseBrokerUrl(url: string, options: UrlOptions = {}): BrokerUrl {
  return explained('Factory failed with broker URL', url, () => {
    const parsed = parseCommon(url, options.multipleBrokerSeparator)
    if (parsed !== undefined) return parsed
    if (options.sqs?.disableStrictUrlCheck ? /^https?:\/\//.test(url) : url.startsWith('https://sqs')) {
      return { kind: 'sqs', url: checkedUrl(url) }
    }
    if (url.startsWith('gcppubsub://')) return parsePubsub(url)
    throw new Error('use amqp://, amqps://, redis://, rediss://, redis+socket://, https://sqs…, gcppubsub:// or eager')
  })
}

/**
 * What a result backend's URL says: `amqp(s)`, `redis(s)`, `redis+socket`, `memcache`, `mongodb`, `mongodb+srv`, `eager`,
 * `null`, `https://dynamodb…`.
 * @throws ConfigurationError for anything else; it shows the URL without credentials
 */
export function parseBackendUrl(url: string, options: UrlOptions = {}): BackendUrl {
  return explained('Factory failed with result backend', url, () => {
    const parsed = parseCommon(url, options.multipleBrokerSeparator)
    if (parsed !== undefined) return parsed
    if (url.startsWith('memcache://')) {
      const addresses = url.slice('memcache://'.length).split(',')
      return { kind: 'memcache', addresses: addresses.map((address) => parseAddress(address, 11_211)) }
    }
    if (/^mongodb(?:\+srv)?:\/\/./.test(url)) return { kind: 'mongodb', url }
    if (url.startsWith('null')) return { kind: 'null' }
    if (url.startsWith('https://dynamodb')) return { kind: 'dynamodb', url: checkedUrl(url) }
    throw new Error(
      'use amqp://, amqps://, redis://, rediss://, redis+socket://, memcache://, mongodb://, mongodb+srv://, https://dynamodb…, eager or null',
    )
  })
}

/**
 * What a lock's URL says: `redis(s)`, `redis+socket`, `eager`. Go takes every other URL for `eager`, so that each
 * process holds a lock of its own; here that is an error.
 * @throws ConfigurationError for anything else; it shows the URL without credentials
 */
export function parseLockUrl(url: string): LockUrl {
  return explained('Factory failed with lock URL', url, () => {
    const parsed = url.startsWith('amqp') ? undefined : parseCommon(url, '')
    if (parsed !== undefined && parsed.kind !== 'amqp') return parsed
    throw new Error('use redis://, rediss://, redis+socket:// or eager')
  })
}

/** What brokers and backends have in common, tried in the order of Go. */
function parseCommon(url: string, separator = ''): AmqpUrl | RedisUrl | RedisSocketUrl | EagerUrl | undefined {
  if (/^amqps?:\/\//.test(url)) return { kind: 'amqp', urls: splitAmqp(url, separator) }
  if (/^rediss?:\/\//.test(url)) {
    const parsed = parseRedisUrl(url)
    if (parsed.addresses.length === 0) throw new Error('the address is missing, as in redis://localhost:6379')
    return parsed
  }
  if (url.startsWith('redis+socket://')) return parseRedisSocketUrl(url)
  return url.startsWith('eager') ? { kind: 'eager' } : undefined
}

function splitAmqp(text: string, separator: string): readonly string[] {
  const urls = separator === '' ? [text] : text.split(separator)
  for (const url of urls) {
    const authority = /^amqps?:\/\/([^/?#]*)/.exec(url)?.[1]
    if (authority === undefined) throw new Error('each URL of the list must start with amqp:// or amqps://')
    const address = authority.slice(authority.lastIndexOf('@') + 1)
    if (separator === '' && /.amqps?:\/\//.test(text)) {
      throw new Error('it looks like several URLs; say in multipleBrokerSeparator what stands between them')
    }
    if (address !== '') parseAddress(address, 5672)
  }
  return urls
}

function parsePubsub(url: string): BrokerUrl {
  const [project, subscription, ...more] = url.slice('gcppubsub://'.length).split('/')
  if (!project || !subscription || more.length > 0) {
    throw new Error('it must have two parts, as in gcppubsub://project/subscription')
  }
  return { kind: 'gcppubsub', project, subscription }
}

function checkedUrl(url: string): string {
  if (!URL.canParse(url)) throw new Error('it is no valid URL')
  return url
}

function explained<T>(failure: string, url: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(`${failure}: ${url === '' ? '(empty)' : redactUrl(url)}: ${reason}.`)
  }
}
