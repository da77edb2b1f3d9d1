import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type Config, type ConfigInput, resolveConfig } from '../../src/config/index.js'
import { isMachineryError } from '../../src/errors/index.js'
import { defaults } from './defaults.js'

describe('resolveConfig', () => {
  test('fills in the defaults of Machinery', () => {
    expect(resolveConfig()).toEqual(defaults)
    expect(resolveConfig({ broker: undefined, redis: undefined, amqp: { exchange: undefined } })).toEqual(defaults)
  })

  test('keeps what is given beside the defaults', () => {
    const tls = { ca: 'pem', servername: 'h' }
    const config = resolveConfig({
      defaultQueue: 'mails',
      tls,
      amqp: { queueDeclareArgs: { 'x-max-priority': 10, 'x-queue-type': 'quorum', flag: true } },
      sqs: { visibilityTimeout: 0 },
      gcpPubsub: { maxExtension: '1h' },
    })
    expect(config).toEqual({
      ...defaults,
      defaultQueue: 'mails',
      tls,
      amqp: { ...defaults.amqp, queueDeclareArgs: { 'x-max-priority': 10, 'x-queue-type': 'quorum', flag: true } },
      sqs: { ...defaults.sqs, visibilityTimeout: 0 },
      gcpPubsub: { maxExtension: 3_600_000 },
    })
  })

  test('gives the values that stand for a default their meaning', () => {
    const config = resolveConfig({
      resultsExpireIn: 0,
      redis: { normalTasksPollPeriod: 0, delayedTasksPollPeriod: -1, delayedTasksKey: '' },
    })
    expect(config).toEqual(defaults)
  })

  test('takes a resolved configuration, and changes of it', () => {
    const config = resolveConfig({ redis: { maxIdle: 7 }, gcpPubsub: { maxExtension: '30s' } })
    expect(resolveConfig(config)).toEqual(config)
    expect(resolveConfig({ ...config, defaultQueue: 'other' })).toEqual({ ...config, defaultQueue: 'other' })
    expectTypeOf<Config>().toExtend<ConfigInput>()
  })

  test('shares nothing with its input, the defaults or another configuration, and cannot be changed', () => {
    const input = { amqp: { queueDeclareArgs: { a: 1 } }, tls: { ca: 'pem' } }
    const config = resolveConfig(input)
    input.amqp.queueDeclareArgs.a = 2
    input.tls.ca = 'other'
    expect(config.amqp.queueDeclareArgs).toEqual({ a: 1 })
    expect(config.tls).toEqual({ ca: 'pem' })
    expect(resolveConfig().redis).not.toBe(resolveConfig().redis)
    for (const part of [config, config.amqp, config.amqp.queueDeclareArgs, config.redis]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  test.each<[unknown, string]>([
    [{ defaultQueue: '' }, 'Configuration defaultQueue must be a name that is not empty; got "".'],
    [{ defaultQueue: 5 }, 'Configuration defaultQueue must be a name that is not empty; got 5.'],
    [
      { resultsExpireIn: -1 },
      'Configuration resultsExpireIn must be a whole number of 0 to 2147483647, in seconds; got -1.',
    ],
    [{ resultsExpireIn: '1h' }, 'to 2147483647, in seconds; got "1h".'],
    [{ resultsExpireIn: 1.5 }, 'got 1.5.'],
    [{ resultsExpireIn: '60' }, 'got "60".'],
    [{ resultsExpireIn: null }, 'got null.'],
    [{ noUnixSignals: 'yes' }, 'Configuration noUnixSignals must be true or false; got "yes".'],
    [{ tls: 'yes' }, 'Configuration tls must be true, false, or an object with options of tls.connect; got "yes".'],
    [{ amqp: { prefetchCount: 65_536 } }, 'Configuration amqp.prefetchCount must be a whole number of 0 to 65535'],
    [
      { amqp: { exchangeType: 'fan' } },
      'must be direct, topic, fanout, headers, or a type that starts with x-; got "fan".',
    ],
    [{ amqp: { exchange: 'x'.repeat(256) } }, 'amqp.exchange must be text of at most 255 characters'],
    [{ amqp: { queueDeclareArgs: [] } }, 'got an array.'],
    [{ amqp: { queueDeclareArgs: new Map() } }, 'got an object (Map).'],
    [
      { amqp: { queueDeclareArgs: { a: null } } },
      'amqp.queueDeclareArgs.a must be a string, a finite number or a boolean',
    ],
    [{ amqp: { queueDeclareArgs: { a: Number.NaN } } }, 'got NaN.'],
    [
      { sqs: { waitTimeSeconds: 30 } },
      'Configuration sqs.waitTimeSeconds must be a whole number of 0 to 20, in seconds; got 30.',
    ],
    [{ sqs: { visibilityTimeout: 43_201 } }, 'a whole number of 0 to 43200'],
    [{ redis: { clientName: 'a b' } }, 'Configuration redis.clientName must be text without spaces; got "a b".'],
    [{ gcpPubsub: { maxExtension: 'long' } }, 'Configuration gcpPubsub.maxExtension is no duration: "long".'],
    [{ gcpPubsub: { maxExtension: true } }, "must be milliseconds, or text such as '30s'; got true."],
    [{ redis: () => {} }, 'Configuration redis must be an object; got function.'],
    [{ redis: null }, 'Configuration redis must be an object; got null.'],
    [[], 'The configuration must be an object'],
    [null, 'The configuration must be an object; got null.'],
  ])('refuses %o', (input, message) => {
    expect(() => resolveConfig(input as ConfigInput)).toThrow(message)
    try {
      resolveConfig(input as ConfigInput)
    } catch (error) {
      expect(isMachineryError(error, 'MACHINERY_CONFIGURATION')).toBe(true)
    }
  })

  test.each([
    [{ brokr: 'x' }, 'Unknown configuration field "brokr". Did you mean broker?'],
    [{ default_queue: 'x' }, 'Unknown configuration field "default_queue". Did you mean defaultQueue?'],
    [{ redis: { maxidle: 1 } }, 'Unknown configuration field "redis.maxidle". Did you mean redis.maxIdle?'],
    [{ Redis: {} }, 'Did you mean redis?'],
    [{ completelyDifferent: 1 }, 'Unknown configuration field "completelyDifferent". Known are: broker, lock,'],
    [{ ['x'.repeat(1e6)]: 1 }, 'Known are:'],
    [JSON.parse('{"__proto__":{"broker":"x"}}'), 'Unknown configuration field "__proto__"'],
  ])('refuses the unknown name in %o with a hint', (input, message) => {
    expect(() => resolveConfig(input as ConfigInput)).toThrow(message)
  })

  test('shows no secret in an error', () => {
    for (const value of [123_456, { pw: 'secret' }, ['secret']]) {
      for (const input of [{ redis: { sentinelPassword: value } }, { broker: value }]) {
        expect(() => resolveConfig(input as never)).toThrow(/^(?!.*(?:123456|secret)).*must be text; got/s)
      }
    }
  })

  test('prints without passwords and keys', () => {
    const config = resolveConfig({
      broker: 'redis://:s3cret@h1,h2/1',
      resultBackend: 'mongodb://u:s3cret@h/db',
      lock: 'redis+socket://u:s3cret@/run/r.sock',
      tls: { key: 's3cret' },
      redis: { sentinelPassword: 's3cret', maxIdle: 7 },
    })
    for (const printed of [
      inspect(config, { depth: 9 }),
      JSON.stringify(config),
      inspect({ config }),
      `${JSON.stringify([config])}`,
    ]) {
      expect(printed).not.toContain('s3cret')
      expect(printed).toContain('redis://h1,h2')
      expect(printed).toMatch(/"?maxIdle"?: ?7/)
    }
    expect(config.redis.sentinelPassword).toBe('s3cret')
  })

  test('does not compile with a name or a type that is wrong', () => {
    // @ts-expect-error: no such field
    expect(() => resolveConfig({ brokers: 'x' })).toThrow()
    // @ts-expect-error: a number
    expect(() => resolveConfig({ resultsExpireIn: '1h' })).toThrow()
    const config = resolveConfig()
    // @ts-expect-error: read only
    expect(() => { config.broker = 'x' }).toThrow(TypeError) // biome-ignore format: one line
  })
})
