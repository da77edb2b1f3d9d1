import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Config, configFromYaml, watchConfig } from '../../src/config/index.js'
import { isMachineryError } from '../../src/errors/index.js'
import { silentLogger } from '../../src/logging/index.js'
import { defaults } from './defaults.js'

let folder = ''
let file = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'machinery-config-'))
  file = join(folder, 'config.yml')
})
afterEach(() => rm(folder, { recursive: true }))

function spyLogger() {
  return { ...silentLogger, info: vi.fn(), warn: vi.fn(), error: vi.fn() }
}

async function load(text: string, logger = spyLogger()): Promise<Config> {
  await writeFile(file, text)
  return configFromYaml(file, { logger })
}

/** A file as Go's configuration documents it, with every key. */
const complete = `---
broker: amqp://guest:guest@h1:5672/
lock: redis://h2
multiple_broker_separator: ";"
default_queue: queue
result_backend: redis://h3
results_expire_in: 123456
no_unix_signals: true
amqp:
  binding_key: key
  exchange: exchange
  exchange_type: topic
  prefetch_count: 123
  auto_delete: true
  delayed_queue: later
  queue_declare_args:
    x-max-priority: 10
    x-queue-type: quorum
    x-single-active-consumer: true
  queue_binding_args:
    image-type: png
    x-match: any
sqs:
  receive_wait_time_seconds: 12
  receive_visibility_timeout: 456
  visibility_hearth_beat: true
redis:
  max_idle: 12
  max_active: 123
  max_idle_timeout: 456
  wait: true
  read_timeout: 17
  write_timeout: 19
  connect_timeout: 21
  normal_tasks_poll_period: 1001
  delayed_tasks_poll_period: 23
  delayed_tasks_key: delayed
  client_name: name
  master_name: master
  sentinel_password: pw
  cluster_enabled: true
dynamodb:
  task_states_table: states
  group_metas_table: metas
`

describe('configFromYaml', () => {
  test('reads every key of Machinery', async () => {
    const logger = spyLogger()
    expect(await load(complete, logger)).toEqual({
      broker: 'amqp://guest:guest@h1:5672/',
      lock: 'redis://h2',
      multipleBrokerSeparator: ';',
      defaultQueue: 'queue',
      resultBackend: 'redis://h3',
      resultsExpireIn: 123_456,
      noUnixSignals: true,
      tls: false,
      amqp: {
        exchange: 'exchange',
        exchangeType: 'topic',
        queueDeclareArgs: { 'x-max-priority': 10, 'x-queue-type': 'quorum', 'x-single-active-consumer': true },
        queueBindingArgs: { 'image-type': 'png', 'x-match': 'any' },
        bindingKey: 'key',
        prefetchCount: 123,
        autoDelete: true,
        delayedQueue: 'later',
      },
      sqs: { waitTimeSeconds: 12, visibilityTimeout: 456, visibilityHeartBeat: true, disableStrictUrlCheck: false },
      redis: {
        maxIdle: 12,
        maxActive: 123,
        idleTimeout: 456,
        wait: true,
        readTimeout: 17,
        writeTimeout: 19,
        connectTimeout: 21,
        normalTasksPollPeriod: 1001,
        delayedTasksPollPeriod: 23,
        delayedTasksKey: 'delayed',
        clientName: 'name',
        masterName: 'master',
        sentinelPassword: 'pw',
        clusterEnabled: true,
      },
      gcpPubsub: defaults.gcpPubsub,
      mongodb: defaults.mongodb,
      dynamodb: { taskStatesTable: 'states', groupMetasTable: 'metas' },
    })
    expect(logger.warn).not.toHaveBeenCalled()
  })

  test('reads a file of 3 KB to its end', async () => {
    const config = await load(`# ${'x'.repeat(3000)}\ndefault_queue: at_the_end\n`)
    expect(config.defaultQueue).toBe('at_the_end')
  })

  test('gives defaults for what is not there, whole sections too', async () => {
    expect(await load('')).toEqual(defaults)
    expect(await load('# nothing\n')).toEqual(defaults)
    expect(await load('redis:\namqp: ~\ndefault_queue: null\n')).toEqual(defaults)
    expect((await load('redis:\n  max_idle: 5\n')).redis).toEqual({ ...defaults.redis, maxIdle: 5 })
  })

  test('takes a file URL too', async () => {
    await writeFile(file, 'default_queue: q')
    expect((await configFromYaml(pathToFileURL(file))).defaultQueue).toBe('q')
  })

  test('understands scalars as Go does', async () => {
    const config = await load(
      'default_queue: 007\nno_unix_signals: yes\nresults_expire_in: 0x10\nredis:\n  max_idle: 010\n  wait: on\n  client_name: true\n  max_active: 1_000\n',
    )
    expect(config.defaultQueue).toBe('007')
    expect(config.noUnixSignals).toBe(true)
    expect(config.resultsExpireIn).toBe(16)
    expect(config.redis).toMatchObject({ maxIdle: 8, wait: true, clientName: 'true', maxActive: 1000 })
  })

  test('takes corrected and misspelt keys, the corrected first and with a warning about the other', async () => {
    for (const key of ['visibility_heartbeat', 'visibility_heart_beat', 'visibility_hearth_beat']) {
      expect((await load(`sqs: { ${key}: true }`)).sqs.visibilityHeartBeat).toBe(true)
    }
    expect((await load('redis: { cluster_mode: true }')).redis.clusterEnabled).toBe(true)
    const logger = spyLogger()
    const config = await load('multiple_broken_separator: ";"\nmultiple_broker_separator: "|"', logger)
    expect(config.multipleBrokerSeparator).toBe('|')
    expect(logger.warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('another spelling of it'), { file })
  })

  test('ignores unknown keys with a warning that gives a hint', async () => {
    const logger = spyLogger()
    const config = await load('defalt_queue: q\ntlsconfig: {}\nmongodb: {}\nredis:\n  maxidle: 5\n', logger)
    expect(config).toEqual(defaults)
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual([
      `Unknown configuration key "defalt_queue" in ${file} is ignored. Did you mean default_queue?`,
      `Unknown configuration key "tlsconfig" in ${file} is ignored.`,
      `Unknown configuration key "mongodb" in ${file} is ignored.`,
      `Unknown configuration key "redis.maxidle" in ${file} is ignored. Did you mean max_idle?`,
    ])
  })

  test('asks for TLS only where the file does', async () => {
    expect((await load('broker: redis://h')).tls).toBe(false)
    expect((await load('tls: on')).tls).toBe(true)
    expect((await load('tls: { servername: h }')).tls).toEqual({ servername: 'h' })
  })

  test('understands anchors, aliases and merge keys', async () => {
    const config = await load(
      'x-base: &base { max_idle: 7, client_name: 12 }\nredis:\n  <<: *base\n  max_active: 2\ndynamodb: &d { task_states_table: t }\n',
    )
    expect(config.redis).toMatchObject({ maxIdle: 7, maxActive: 2, clientName: '12' })
  })

  test.each([
    ['redis: [1', /config\.yml:1:\d+: /],
    ['redis: 5', /Configuration redis in .*config\.yml must be a section/],
    ['- a\n- b', /the root must be a map/],
    ['just text', /the root must be a map/],
    ['a: 1\na: 2', /config\.yml:2:1: Map keys must be unique/],
    ['--- {}\n--- {}', /config\.yml:2:1: .*multiple documents/],
    ['default_queue: !!js/function "x"', /config\.yml:1:16: Unresolved tag/],
    ['default_queue: !secret x', /Unresolved tag/],
    [
      'redis: { max_idle: "5" }',
      /Configuration redis\.max_idle in .* must be a whole number of 0 to 2147483647; got "5"/,
    ],
    ['redis: { max_idle: many }', /got "many"/],
    ['redis: { wait: perhaps }', /Configuration redis\.wait in .* must be true or false; got "perhaps"/],
    ['default_queue: []', /Configuration default_queue in .* must be a name that is not empty; got an array/],
    [
      'amqp: { queue_declare_args: { a: ~ } }',
      /queue_declare_args in .*\.a must be a string, a finite number or a boolean; got null/,
    ],
    ['redis: *nowhere', /Unresolved alias/],
  ])('refuses %j, saying where and why', async (text, message) => {
    await expect(load(text)).rejects.toThrow(message)
    await expect(load(text)).rejects.toSatisfy((error) => isMachineryError(error, 'MACHINERY_CONFIGURATION'))
  })

  test('survives bombs of aliases and of brackets', async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]`)
    await expect(load(`a0: &a0 [x]\n${levels.join('\n')}`)).rejects.toThrow(/Invalid configuration file .*alias/)
    await expect(load(`default_queue: ${'['.repeat(100_000)}`)).rejects.toThrow(/Invalid configuration file/)
  })

  test('keeps keys named as properties of objects where they are', async () => {
    const config = await load(
      '__proto__: { broker: x }\namqp: { queue_declare_args: { __proto__: 1, constructor: 2 } }',
    )
    expect(config.broker).toBe(defaults.broker)
    expect(Object.entries(config.amqp.queueDeclareArgs)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
    expect(({} as { broker?: string }).broker).toBeUndefined()
  })

  test('quotes no password when it is refused', async () => {
    for (const text of [
      'broker: redis://:s3cret@h\n  bad indent: x',
      'broker: [redis://:s3cret@h',
      'redis: { sentinel_password: [s3cret] }',
      'redis: { sentinel_password: s3cret, max_idle: x }',
      'redis: { sentinel_password: !tag s3cret }',
      'broker: { url: s3cret }',
    ]) {
      const error = await load(text).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      )
      expect(error).toBeInstanceOf(Error)
      expect(`${error?.stack} ${String(error?.cause)}`).not.toContain('s3cret')
    }
  })

  test('says so when the file cannot be read', async () => {
    await expect(configFromYaml(join(folder, 'none.yml'))).rejects.toThrow(
      /^Cannot read the configuration file: ENOENT.*none\.yml/,
    )
  })
})

describe('watchConfig', () => {
  const soon = { timeout: 5000, interval: 5 }

  test('follows the file, replacing the configuration as a whole', async () => {
    await writeFile(file, 'default_queue: one')
    await using source = await watchConfig(file, { intervalMs: 5, logger: silentLogger })
    const changes = vi.fn()
    source.onChange(changes)
    const first = source.current
    expect(first.defaultQueue).toBe('one')

    await writeFile(join(folder, 'next'), 'default_queue: two\nredis: { max_idle: 9 }')
    await rename(join(folder, 'next'), file)
    await vi.waitFor(() => expect(source.current.defaultQueue).toBe('two'), soon)
    expect(source.current.redis.maxIdle).toBe(9)
    expect(first.defaultQueue).toBe('one')
    expect(changes).toHaveBeenCalledExactlyOnceWith(source.current, first)
  })

  test('keeps the last good configuration while the file is wrong or gone, and reports it once', async () => {
    await writeFile(file, 'default_queue: one')
    const logger = spyLogger()
    await using source = await watchConfig(file, { intervalMs: 2, logger })
    const changes = vi.fn()
    source.onChange(changes)
    const first = source.current

    await writeFile(join(folder, 'next'), 'default_queue: two\nredis: { max_idle: -1 }')
    await rename(join(folder, 'next'), file)
    await vi.waitFor(() => expect(logger.error).toHaveBeenCalledTimes(1), soon)
    expect(logger.error.mock.calls[0]?.[0]).toMatch(/^Kept the last good configuration: Configuration redis\.max_idle/)
    await rm(file)
    await vi.waitFor(() => expect(logger.error).toHaveBeenCalledTimes(2), soon)
    // Long enough for a dozen more looks at the file.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(logger.error).toHaveBeenCalledTimes(2)
    expect(source.current).toBe(first)
    expect(changes).not.toHaveBeenCalled()

    await writeFile(join(folder, 'next'), 'default_queue: three')
    await rename(join(folder, 'next'), file)
    await vi.waitFor(() => expect(source.current.defaultQueue).toBe('three'), soon)
  })

  test('does not let a listener that throws disturb the others', async () => {
    await writeFile(file, 'default_queue: one')
    const logger = spyLogger()
    await using source = await watchConfig(file, { intervalMs: 2, logger })
    const [removed, kept] = [vi.fn(), vi.fn()]
    source.onChange(() => {
      throw new Error('listener broke')
    })
    source.onChange(removed)()
    source.onChange(kept)
    await writeFile(file, 'default_queue: two')
    await vi.waitFor(() => expect(kept).toHaveBeenCalled(), soon)
    expect(removed).not.toHaveBeenCalled()
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('listener broke'), expect.anything())
  })

  test('a change of comments only is no change', async () => {
    await writeFile(file, 'default_queue: one')
    const logger = spyLogger()
    await using source = await watchConfig(file, { intervalMs: 2, logger })
    const first = source.current
    await writeFile(join(folder, 'next'), '# comment\ndefault_queue: one\nunknown: key')
    await rename(join(folder, 'next'), file)
    await vi.waitFor(() => expect(logger.warn).toHaveBeenCalled(), soon)
    expect(source.current).toBe(first)
    expect(logger.warn).toHaveBeenCalledOnce()
  })

  test('stops at close, and does not keep the process alive before', async () => {
    await writeFile(file, 'default_queue: one')
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const source = await watchConfig(file, { intervalMs: 3, logger: silentLogger })
    expect(timers()).toBe(before)
    source.close()
    source.close()
    await writeFile(file, 'default_queue: two')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(source.current.defaultQueue).toBe('one')
  })

  test('does not start with a file or an interval that is wrong', async () => {
    await writeFile(file, 'default_queue: []')
    await expect(watchConfig(file)).rejects.toThrow('Configuration default_queue')
    await expect(watchConfig(file, { intervalMs: 0 })).rejects.toThrow(
      'intervalMs must be 1 to 2147483647 milliseconds; got 0',
    )
  })
})
