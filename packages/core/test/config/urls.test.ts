import { describe, expect, test } from 'vitest'
import { type BrokerUrl, parseBackendUrl, parseBrokerUrl, parseLockUrl, resolveConfig } from '../../src/config/index.js'
import { parseRedisUrl } from '../../src/config/parse-redis-url.js'
import { isMachineryError } from '../../src/errors/index.js'

const redis = (rest: object) => ({ kind: 'redis', username: '', password: '', db: 0, tls: false, ...rest })
const at = (host: string, port = 6379) => ({ host, port })

function failure(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    expect(isMachineryError(error, 'MACHINERY_CONFIGURATION')).toBe(true)
    expect((error as Error).cause).toBeUndefined()
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('Redis URLs', () => {
  const table: [string, object][] = [
    ['redis://h:6379', redis({ addresses: [at('h')] })],
    ['redis://h', redis({ addresses: [at('h')] })],
    ['redis://pw@h:6380/2', redis({ addresses: [at('h', 6380)], password: 'pw', db: 2 })],
    ['redis://user:pw@h', redis({ addresses: [at('h')], username: 'user', password: 'pw' })],
    ['redis://user:@h', redis({ addresses: [at('h')], username: 'user' })],
    ['redis://:pw@h', redis({ addresses: [at('h')], password: 'pw' })],
    ['redis://user:a:b@h', redis({ addresses: [at('h')], username: 'user', password: 'a:b' })],
    ['redis://us%65r:p%40%2C%2F@h', redis({ addresses: [at('h')], username: 'user', password: 'p@,/' })],
    ['redis://:a@b@h', redis({ addresses: [at('h')], password: 'a@b' })],
    ['redis://h/notanumber', redis({ addresses: [at('h')] })],
    ['redis://h/-1', redis({ addresses: [at('h')] })],
    ['redis://h/', redis({ addresses: [at('h')] })],
    ['redis://h/3/more', redis({ addresses: [at('h')], db: 3 })],
    ['redis://h/3?x=y#z', redis({ addresses: [at('h')], db: 3 })],
    ['redis://[::1]:7000/1', redis({ addresses: [at('::1', 7000)], db: 1 })],
    [
      'redis://pw@h1:1,h2:2,h3:3/4',
      redis({ addresses: [at('h1', 1), at('h2', 2), at('h3', 3)], password: 'pw', db: 4 }),
    ],
    ['redis://u:p%40:x@h1,h2', redis({ addresses: [at('h1'), at('h2')], username: 'u', password: 'p%40:x' })],
    ['redis://u:a@b@h1,h2', redis({ addresses: [at('h1'), at('h2')], username: 'u', password: 'a@b' })],
    ['rediss://:pw@h:6380/1', redis({ addresses: [at('h', 6380)], password: 'pw', db: 1, tls: true })],
    ['redis+socket:///run/r.sock', { kind: 'redis-socket', path: '/run/r.sock', username: '', password: '', db: 0 }],
    [
      'redis+socket://user:pw@/run/r.sock:/2',
      { kind: 'redis-socket', path: '/run/r.sock', username: 'user', password: 'pw', db: 2 },
    ],
    [
      'redis+socket://p@w@/run/a@b.sock',
      { kind: 'redis-socket', path: '/run/a@b.sock', username: '', password: 'p@w', db: 0 },
    ],
  ]

  test.each(table)('%s is understood by brokers, backends and locks alike', (url, parsed) => {
    expect(parseBrokerUrl(url)).toEqual(parsed)
    expect(parseBackendUrl(url)).toEqual(parsed)
    expect(parseLockUrl(url)).toEqual(parsed)
  })

  test('the bare redis:/ is a URL with everything empty, but no broker', () => {
    expect(parseRedisUrl('redis:/')).toEqual(redis({ addresses: [] }))
    expect(() => parseRedisUrl('rediska://h')).toThrow('must start with redis://')
    expect(failure(() => parseBrokerUrl('redis:/'))).toMatch(/^Factory failed with broker URL: \[hidden\]: use amqp/)
  })

  test.each([
    ['redis://', 'the address is missing'],
    ['redis://:secret', 'an address must be host, host:port'],
    ['redis://user:secret', 'an address must be host, host:port'],
    ['redis://:sec/secret@h', 'write / as %2F'],
    ['redis://h:99999', 'at most 65535'],
    ['redis://h:6379\n', 'an address must be'],
    ['redis://:100%secret@h', '% in the user info must be written as %25'],
    ['redis://secret@h1,secret@h2', 'before the first one only'],
    ['redis://:a,secret@h', 'before the first one only'],
    ['redis://h1,,h2', 'an address must be'],
    ['redis+socket://', 'the path of the socket'],
    ['redis+socket://secret@run/r.sock', 'the path of the socket'],
    ['redis+socket://user:secret/run/r.sock', 'the path of the socket'],
  ])('%j is refused with the reason and without its password', (url, reason) => {
    for (const parse of [parseBrokerUrl, parseBackendUrl, parseLockUrl]) {
      const message = failure(() => parse(url))
      expect(message).toContain(reason)
      expect(message).not.toContain('secret')
    }
  })
})

describe('broker URLs', () => {
  test.each<[string, BrokerUrl]>([
    ['amqp://guest:guest@localhost:5672/', { kind: 'amqp', urls: ['amqp://guest:guest@localhost:5672/'] }],
    ['amqps://h', { kind: 'amqp', urls: ['amqps://h'] }],
    ['amqp://', { kind: 'amqp', urls: ['amqp://'] }],
    ['eager', { kind: 'eager' }],
    ['eager://', { kind: 'eager' }],
    [
      'https://sqs.eu-west-1.amazonaws.com/123456789012',
      { kind: 'sqs', url: 'https://sqs.eu-west-1.amazonaws.com/123456789012' },
    ],
    ['gcppubsub://project/subscription', { kind: 'gcppubsub', project: 'project', subscription: 'subscription' }],
  ])('%s', (url, parsed) => {
    expect(parseBrokerUrl(url)).toEqual(parsed)
  })

  test('several AMQP URLs are split where the configuration says', () => {
    const urls = ['amqp://u:p@h1:5672/', 'amqps://u:p@h2/v']
    const config = resolveConfig({ broker: urls.join(';'), multipleBrokerSeparator: ';' })
    expect(parseBrokerUrl(config.broker, config)).toEqual({ kind: 'amqp', urls })
    expect(parseBackendUrl(urls.join(' | '), { multipleBrokerSeparator: ' | ' })).toEqual({ kind: 'amqp', urls })
  })

  test('any web URL is SQS when the strict check is off, and only then', () => {
    const config = resolveConfig({ broker: 'http://localhost:9324', sqs: { disableStrictUrlCheck: true } })
    expect(parseBrokerUrl(config.broker, config)).toEqual({ kind: 'sqs', url: 'http://localhost:9324' })
    expect(failure(() => parseBrokerUrl('http://localhost:9324'))).toContain('http://localhost:9324: use amqp://')
  })

  test.each([
    ['', undefined, 'Factory failed with broker URL: (empty): use amqp://'],
    ['kafka://h:9092', undefined, 'Factory failed with broker URL: kafka://h:9092: use amqp://'],
    ['AMQP://h', undefined, 'Factory failed with broker URL: AMQP://h: use amqp://'],
    ['amqp://u:secret@h1,amqp://u:secret@h2', undefined, 'say in multipleBrokerSeparator'],
    ['amqp://u:secret@h1;h2:5672', ';', 'each URL of the list must start with amqp://'],
    ['amqp://u:secret@h1;', ';', 'each URL of the list must start with amqp://'],
    ['amqp://u:sec/secret@h', undefined, 'write / as %2F'],
    ['https://sqs secret', undefined, 'it is no valid URL'],
    ['gcppubsub://project', undefined, 'two parts, as in gcppubsub://project/subscription'],
    ['gcppubsub://project/', undefined, 'two parts'],
    ['gcppubsub:///subscription', undefined, 'two parts'],
    ['gcppubsub://a/b/c', undefined, 'two parts'],
    ['memcache://h', undefined, 'use amqp://'],
  ])('%j with separator %j is refused with the reason', (url, separator, reason) => {
    const options = separator === undefined ? {} : { multipleBrokerSeparator: separator }
    const message = failure(() => parseBrokerUrl(url, options))
    expect(message).toMatch(/^Factory failed with broker URL: /)
    expect(message).toContain(reason)
    expect(message).not.toContain('secret')
  })
})

describe('result backend URLs', () => {
  test.each([
    ['amqp://h', { kind: 'amqp', urls: ['amqp://h'] }],
    ['memcache://h1:11212,h2', { kind: 'memcache', addresses: [at('h1', 11_212), at('h2', 11_211)] }],
    ['mongodb://u:p@h/db', { kind: 'mongodb', url: 'mongodb://u:p@h/db' }],
    ['mongodb+srv://h', { kind: 'mongodb', url: 'mongodb+srv://h' }],
    ['eager', { kind: 'eager' }],
    ['null', { kind: 'null' }],
    ['https://dynamodb.eu-west-1.amazonaws.com', { kind: 'dynamodb', url: 'https://dynamodb.eu-west-1.amazonaws.com' }],
  ])('%s', (url, parsed) => {
    expect(parseBackendUrl(url)).toEqual(parsed)
  })

  test.each(['', 'amqp', 'memcache://', 'memcache://u:secret@h', 'mongodb://', 'https://sqs.x', 'gcppubsub://a/b'])(
    '%j is refused',
    (url) => {
      const message = failure(() => parseBackendUrl(url))
      expect(message).toMatch(/^Factory failed with result backend: /)
      expect(message).not.toContain('secret')
    },
  )
})

describe('lock URLs', () => {
  test('eager is a lock of this process', () => {
    expect(parseLockUrl('eager')).toEqual({ kind: 'eager' })
  })

  test.each(['', 'amqp://h', 'memcache://h', 'redi://h', 'null', 'https://sqs.x'])(
    '%j is refused, where Go would give every process a lock of its own',
    (url) => {
      expect(failure(() => parseLockUrl(url))).toMatch(/^Factory failed with lock URL: .*: use redis:\/\//)
    },
  )
})
