import { describe, expect, test } from 'vitest'
import { parseGoBoolean, parseGoInteger } from '../../src/config/go-literals.js'
import { configFromEnvironment } from '../../src/config/index.js'
import { defaults } from './defaults.js'

describe('configFromEnvironment', () => {
  test('gives the defaults where nothing is set, without TLS', () => {
    expect(configFromEnvironment({})).toEqual(defaults)
    expect(configFromEnvironment({ BROKER: undefined, PATH: '/bin' })).toEqual(defaults)
  })

  test('reads every variable of Machinery', () => {
    const config = configFromEnvironment({
      BROKER: 'redis://h1',
      LOCK: 'redis://h2',
      MULTIPLE_BROKEN_SEPARATOR: ';',
      DEFAULT_QUEUE: 'q',
      RESULT_BACKEND: 'redis://h3',
      RESULTS_EXPIRE_IN: '60',
      NO_UNIX_SIGNALS: 't',
      AMQP_EXCHANGE: 'e',
      AMQP_EXCHANGE_TYPE: 'topic',
      AMQP_QUEUE_DECLARE_ARGS: 'x-max-priority:10,x-queue-type:quorum,lazy:true,x-code:007x',
      AMQP_QUEUE_BINDING_ARGS: 'image-type:png,x-match:any',
      AMQP_BINDING_KEY: 'k',
      AMQP_PREFETCH_COUNT: '0x10',
      AMQP_AUTO_DELETE: 'TRUE',
      AMQP_DELAYED_QUEUE: 'd',
      SQS_WAIT_TIME_SECONDS: '20',
      SQS_VISIBILITY_TIMEOUT: '30',
      SQS_VISIBILITY_HEARTBEAT: '1',
      DISABLE_STRICT_SQS_CHECK: '',
      REDIS_MAX_IDLE: '1',
      REDIS_MAX_ACTIVE: '2',
      REDIS_IDLE_TIMEOUT: '3',
      REDIS_WAIT: 'True',
      REDIS_READ_TIMEOUT: '4',
      REDIS_WRITE_TIMEOUT: '5',
      REDIS_CONNECT_TIMEOUT: '6',
      REDIS_NORMAL_TASKS_POLL_PERIOD: '7',
      REDIS_DELAYED_TASKS_POLL_PERIOD: '8',
      REDIS_DELAYED_TASKS_KEY: 'dk',
      REDIS_CLIENT_NAME: 'cn',
      REDIS_MASTER_NAME: 'mn',
      REDIS_SENTINEL_PASSWORD: 'sp',
      REDIS_CLUSTER_ENABLED: 'T',
      TASK_STATES_TABLE: 'ts',
      GROUP_METAS_TABLE: 'gm',
    })
    expect(config).toEqual({
      broker: 'redis://h1',
      lock: 'redis://h2',
      multipleBrokerSeparator: ';',
      defaultQueue: 'q',
      resultBackend: 'redis://h3',
      resultsExpireIn: 60,
      noUnixSignals: true,
      tls: false,
      amqp: {
        exchange: 'e',
        exchangeType: 'topic',
        queueDeclareArgs: { 'x-max-priority': 10, 'x-queue-type': 'quorum', lazy: true, 'x-code': '007x' },
        queueBindingArgs: { 'image-type': 'png', 'x-match': 'any' },
        bindingKey: 'k',
        prefetchCount: 16,
        autoDelete: true,
        delayedQueue: 'd',
      },
      sqs: { waitTimeSeconds: 20, visibilityTimeout: 30, visibilityHeartBeat: true, disableStrictUrlCheck: true },
      redis: {
        maxIdle: 1,
        maxActive: 2,
        idleTimeout: 3,
        wait: true,
        readTimeout: 4,
        writeTimeout: 5,
        connectTimeout: 6,
        normalTasksPollPeriod: 7,
        delayedTasksPollPeriod: 8,
        delayedTasksKey: 'dk',
        clientName: 'cn',
        masterName: 'mn',
        sentinelPassword: 'sp',
        clusterEnabled: true,
      },
      gcpPubsub: defaults.gcpPubsub,
      mongodb: defaults.mongodb,
      dynamodb: { taskStatesTable: 'ts', groupMetasTable: 'gm' },
    })
  })

  test('only Redis settings do not bring TLS; asking for it does', () => {
    expect(configFromEnvironment({ BROKER: 'redis://h', REDIS_MAX_IDLE: '5' }).tls).toBe(false)
    expect(configFromEnvironment({ TLS_ENABLED: 'true' }).tls).toBe(true)
    expect(configFromEnvironment({ TLS_ENABLED: '0' }).tls).toBe(false)
  })

  test('takes the name with the prefix of its section before the plain one', () => {
    const config = configFromEnvironment({
      AMQP_AMQP_EXCHANGE: 'prefixed',
      AMQP_EXCHANGE: 'plain',
      REDIS_REDIS_MAX_IDLE: '9',
      SQS_SQS_WAIT_TIME_SECONDS: '8',
      DYNAMODB_TASK_STATES_TABLE: 'prefixed',
      TASK_STATES_TABLE: 'plain',
    })
    expect(config.amqp.exchange).toBe('prefixed')
    expect(config.redis.maxIdle).toBe(9)
    expect(config.sqs.waitTimeSeconds).toBe(8)
    expect(config.dynamodb.taskStatesTable).toBe('prefixed')
  })

  test('takes corrected and misspelt names, the corrected first', () => {
    expect(configFromEnvironment({ MULTIPLE_BROKEN_SEPARATOR: ';' }).multipleBrokerSeparator).toBe(';')
    expect(
      configFromEnvironment({ MULTIPLE_BROKEN_SEPARATOR: ';', MULTIPLE_BROKER_SEPARATOR: '|' }).multipleBrokerSeparator,
    ).toBe('|')
    expect(configFromEnvironment({ SQS_VISIBILITY_HEARTH_BEAT: 'true' }).sqs.visibilityHeartBeat).toBe(true)
    expect(configFromEnvironment({ REDIS_CLUSTER_MODE: 'true' }).redis.clusterEnabled).toBe(true)
  })

  test('keeps binding arguments as text, as Go does, and gives declare arguments their types', () => {
    const { amqp } = configFromEnvironment({
      AMQP_QUEUE_BINDING_ARGS: 'a:1,b:true',
      AMQP_QUEUE_DECLARE_ARGS: 'a:1,b:false,c:0x10,d:-5,e:1.5,f:99999999999999999999,g:,__proto__:x',
    })
    expect(amqp.queueBindingArgs).toEqual({ a: '1', b: 'true' })
    expect(Object.entries(amqp.queueDeclareArgs)).toEqual([
      ['a', 1],
      ['b', false],
      ['c', 16],
      ['d', -5],
      ['e', '1.5'],
      ['f', '99999999999999999999'],
      ['g', ''],
      ['__proto__', 'x'],
    ])
    expect(configFromEnvironment({ AMQP_QUEUE_DECLARE_ARGS: '' }).amqp.queueDeclareArgs).toEqual({})
  })

  test('does not read what Go cannot load', () => {
    expect(configFromEnvironment({ MONGODB_DATABASE: 'other', DATABASE: 'other' }).mongodb.database).toBe('machinery')
  })

  test.each([
    [{ REDIS_MAX_IDLE: 'many' }, 'Configuration REDIS_MAX_IDLE must be a whole number of 0 to 2147483647; got "many".'],
    [{ REDIS_MAX_IDLE: '' }, 'Configuration REDIS_MAX_IDLE must be a whole number'],
    [{ REDIS_MAX_IDLE: '08' }, 'got "08"'],
    [{ REDIS_MAX_IDLE: '99999999999999999999' }, 'Configuration REDIS_MAX_IDLE must be a whole number'],
    [
      { REDIS_REDIS_MAX_IDLE: '-1' },
      'Configuration REDIS_REDIS_MAX_IDLE must be a whole number of 0 to 2147483647; got -1.',
    ],
    [{ REDIS_WAIT: 'yes' }, 'Configuration REDIS_WAIT must be 1, t, true, 0, f or false; got "yes".'],
    [{ TLS_ENABLED: 'on' }, 'Configuration TLS_ENABLED must be 1, t, true'],
    [{ DEFAULT_QUEUE: '' }, 'Configuration DEFAULT_QUEUE must be a name that is not empty; got "".'],
    [
      { AMQP_QUEUE_BINDING_ARGS: 'a:b:c' },
      'AMQP_QUEUE_BINDING_ARGS has an invalid map item: "a:b:c". Write it as key:value',
    ],
    [{ AMQP_QUEUE_DECLARE_ARGS: 'a' }, 'invalid map item: "a"'],
    [{ AMQP_QUEUE_DECLARE_ARGS: 'a:1,' }, 'invalid map item: ""'],
    [{ SQS_WAIT_TIME_SECONDS: '21' }, 'SQS_WAIT_TIME_SECONDS must be a whole number of 0 to 20, in seconds; got 21.'],
  ])('refuses %o and names the variable', (environment, message) => {
    expect(() => configFromEnvironment(environment)).toThrow(message)
  })
})

describe('Go literals', () => {
  test.each<[string, bigint | undefined]>([
    ['0', 0n],
    ['42', 42n],
    ['+42', 42n],
    ['-0x2A', -42n],
    ['0X2a', 42n],
    ['052', 42n],
    ['0o52', 42n],
    ['0O52', 42n],
    ['0b101010', 42n],
    ['1_000', 1000n],
    ['0x_2a', 42n],
    ['0_52', 42n],
    ['00', 0n],
    ['9223372036854775807', 9_223_372_036_854_775_807n],
    ['', undefined],
    ['-', undefined],
    ['08', undefined],
    ['1__0', undefined],
    ['_1', undefined],
    ['1_', undefined],
    ['0x', undefined],
    ['0b2', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    [' 1', undefined],
    ['1'.repeat(101), undefined],
  ])('reads the integer %j as %s', (text, value) => {
    expect(parseGoInteger(text)).toBe(value)
  })

  test('reads booleans as Go does', () => {
    for (const text of ['1', 't', 'T', 'true', 'True', 'TRUE']) expect(parseGoBoolean(text)).toBe(true)
    for (const text of ['0', 'f', 'F', 'false', 'False', 'FALSE']) expect(parseGoBoolean(text)).toBe(false)
    for (const text of ['yes', 'tRUE', '', ' 1']) expect(parseGoBoolean(text)).toBeUndefined()
  })
})
