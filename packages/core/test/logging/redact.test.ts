import { describe, expect, test } from 'vitest'
import { redactText, redactUrl } from '../../src/logging/index.js'

const characters = [...'/?#@:,;%& "\'\\$[]{}|^`~!*()+=<>.-_\n\tä\u{1f600}', '://', 'amqp://', '//', ':/', '@/']

const forms = [
  (p: string) => `redis://:${p}@host:6379/0`,
  (p: string) => `redis://user:${p}@host:6379,host2:6379/0`,
  (p: string) => `redis://${p}@host`,
  (p: string) => `amqp://user:${p}@host:5672/vhost`,
  (p: string) => `amqp://user:${p}@host:5672/v;amqp://user:${p}@host2:5672/v`,
  (p: string) => `mongodb://user:${p}@host/db?authSource=admin`,
  (p: string) => `redis+socket://user:${p}@/run/r.sock:/2`,
]

describe('redactUrl', () => {
  test.each([
    ['amqp://guest:guest@localhost:5672/', 'amqp://localhost:5672'],
    ['amqps://user:p%40ss@rabbit.example.com/vhost', 'amqps://rabbit.example.com'],
    ['amqp://u:p@h1:5672/v,amqp://u:p@h2:5672/v', 'amqp://h1:5672,amqp://h2:5672'],
    ['amqp://u:p@h1 || amqps://u:p@h2', 'amqp://h1,amqps://h2'],
    ['redis://h:6379', 'redis://h:6379'],
    ['redis://secret@h:6379/2', 'redis://h:6379'],
    ['redis://:secret@h', 'redis://h'],
    ['redis://user:se:cr:et@h', 'redis://h'],
    ['redis://user:s@cret@h', 'redis://h'],
    ['rediss://:secret@[::1]:6380/1', 'rediss://[::1]:6380'],
    ['redis://secret@h1:1,h2:2,h3:3/4', 'redis://h1:1,h2:2,h3:3'],
    ['redis+socket:///run/r.sock', 'redis+socket:///run/r.sock'],
    ['redis+socket://user:secret@/run/r.sock:/2', 'redis+socket:///run/r.sock'],
    ['memcache://h1:11211,h2:11211', 'memcache://h1:11211,h2:11211'],
    ['mongodb://u:secret@h1:1,h2:2/db?authSource=admin', 'mongodb://h1:1,h2:2'],
    ['mongodb+srv://u:secret@cluster.example.net/?x=y', 'mongodb+srv://cluster.example.net'],
    ['https://sqs.eu-west-1.amazonaws.com/1/q?token=secret', 'https://sqs.eu-west-1.amazonaws.com'],
    ['gcppubsub://project/subscription', 'gcppubsub://project'],
    ['eager', 'eager'],
    ['null', 'null'],
    ['', ''],
  ])('shows %s as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown)
  })

  test.each([
    'amqp://user:secret',
    'redis://:secret',
    'redis://user:secret/h@x',
    'redis://:sec/ret@h',
    'redis://:sec?secret@h',
    'redis://:sec#secret@h',
    'redis://user:12,secret@h',
    'redis://:se cret@h:secret',
    'redis+socket://user:secret/run/r.sock',
    'redis+socket://:sec/secret@/run/r.sock',
    'amqp://user:secret,amqp://u:p@h',
    'amqp://user:1amqp://secret@h:x',
    'user:secret@host',
    'secret',
    '//:secret@h',
    'redis//:secret@h',
    'redis:/:secret@h',
    'redis://h\n:secret',
    'https://h:secret@x:y',
  ])('shows nothing of the secret in %j', (url) => {
    expect(redactUrl(url)).not.toContain('secret')
  })

  test('shows no piece of a password made of any characters, at any place a password can be', {
    timeout: 20_000,
  }, () => {
    for (const password of passwords(5000)) {
      for (const form of [...forms, (p: string) => `user:${p}@host`]) {
        // `amqp://user:PW@QX,amqp://…` is a list of two URLs, with QX as a host.
        if (form(password).startsWith('amqp') && /@.*\Wamqp:/s.test(password)) continue
        const shown = redactUrl(form(password))
        expect(pieces.test(shown), `${form(password)} -> ${shown}`).toBe(false)
      }
    }
  })

  // Tried at each position, these would take minutes.
  test('takes no time over long input', { timeout: 20_000 }, () => {
    const started = performance.now()
    for (const unit of ['amqp://', 'a', ':', '@', 'redis://:x,', 'h:1,', '://', '/', ' ,']) {
      redactUrl(`redis://${unit.repeat(100_000)}`)
      redactUrl(`amqp://${unit.repeat(100_000)}amqp://x`)
    }
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

describe('redactText', () => {
  test.each([
    [
      'connect ECONNREFUSED amqp://guest:guest@localhost:5672/v failed',
      'connect ECONNREFUSED amqp://[hidden]@localhost:5672/v failed',
    ],
    ['a redis://:s@h1, b redis://s@h2.', 'a redis://[hidden]@h1, b redis://[hidden]@h2.'],
    ['amqp://u:p@h1,amqp://u:p@h2', 'amqp://[hidden]@h1,amqp://[hidden]@h2'],
    ['{"url":"redis://:s@h:1/0","mail":"a@b.c"}', '{"url":"redis://[hidden]@h:1/0","mail":"a@b.c"}'],
    ['"redis://:my \\"pass@h" is wrong', '"redis://[hidden]@h" is wrong'],
    ["can't use 'redis://:s s@h'", "can't use 'redis://[hidden]@h'"],
    ['redis://:my pass@h is wrong', 'redis://[hidden]@h is wrong'],
    ['redis://:secret is wrong', 'redis://[hidden] is wrong'],
    ['redis://:a/b@h', 'redis://[hidden]@h'],
    ['https://user:pass@example.com/a?b=c', 'https://[hidden]@example.com/a?b=c'],
    ['https://user:pa/ss@example.com', 'https://[hidden]@example.com'],
    ['mongodb://h/?password=abc&x=1', 'mongodb://h/?password=[hidden]&x=1'],
    ['https://h/q?X-Amz-Signature=abc&a=1#x', 'https://h/q?X-Amz-Signature=[hidden]&a=1#x'],
    ['postgres://u:p@h/db', 'postgres://[hidden]@h/db'],
  ])('hides credentials in %s', (text, shown) => {
    expect(redactText(text)).toBe(shown)
  })

  test.each([
    'no address at all, but an @ and a: colon',
    'see https://example.com/docs/a@b for more: it helps',
    'dial redis://h:6379: connection refused',
    'at file:///app/node_modules/.pnpm/ioredis@5.8.0/index.js:10:5',
    'listening on http://[::1]:3000 and http://127.0.0.1:80.',
    '(redis://h1:1,h2:2/4)',
    'wrote redis+socket:///run/r.sock, then a@b',
    ':// and ://x',
  ])('leaves %j as it is', (text) => {
    expect(redactText(text)).toBe(text)
  })

  test('shows no piece of a password in a sentence or in JSON', { timeout: 20_000 }, () => {
    for (const password of passwords(5000)) {
      // As above: after `@`, another URL may begin.
      if (/@.*\Wamqp:/s.test(password)) continue
      for (const form of forms) {
        const json = redactText(JSON.stringify({ before: 1, url: form(password), after: 'it' }))
        expect(pieces.test(json), `${form(password)} -> ${json}`).toBe(false)
        expect(json).toMatch(/^\{"before":1,"url":".*"after":"it"\}$/)
        // No client takes a URL with a space in it.
        if (/\s/.test(password)) continue
        const sentence = redactText(`failed on ${form(password)} just now`)
        expect(pieces.test(sentence), `${form(password)} -> ${sentence}`).toBe(false)
        expect(sentence).toMatch(/^failed on .* just now$/)
      }
    }
  })

  test('takes no time over long text', { timeout: 20_000 }, () => {
    const started = performance.now()
    for (const unit of [
      'amqp://',
      'a',
      '://',
      'a://',
      'redis://:x ',
      '"redis://',
      "'a://b",
      'redis://:x@',
      '?password=',
      'http://',
    ]) {
      redactText(unit.repeat(30_000))
      redactText(`redis://${unit.repeat(30_000)}`)
    }
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

/** In a password, and in no host above. */
const pieces = /PW|QX|ZK/

/** Passwords full of what means something in URLs; the same ones each run. */
function* passwords(count: number): Generator<string> {
  let state = 20_300_101
  const pick = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return characters[Math.floor((state / 2 ** 32) * characters.length)] ?? ''
  }
  for (let i = 0; i < count; i++) yield `PW${pick()}QX${pick()}ZK${pick()}VJ`
}
