import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import winston from 'winston'
import { resolveConfig } from '../../src/config/index.js'
import type { Logger } from '../../src/contracts/index.js'
import { consoleLogger, guardLogger, silentLogger } from '../../src/logging/index.js'

function collector() {
  const lines: string[] = []
  return { lines, stream: { write: (line: string) => lines.push(line) } }
}

/** One line without its time. */
function logged(write: (logger: Logger) => void): string {
  const { lines, stream } = collector()
  write(consoleLogger({ level: 'debug', stream }))
  expect(lines).toHaveLength(1)
  return (lines[0] ?? '').replace(/^\S+ /, '')
}

describe('consoleLogger', () => {
  test('writes time, level, message and fields in one line', () => {
    const { lines, stream } = collector()
    consoleLogger({ stream }).warn('Lost the connection.', {
      queue: 'mails',
      attempt: 3,
      why: 'it broke',
      none: undefined,
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARN {2}Lost the connection\. queue=mails attempt=3 why="it broke"\n$/,
    )
  })

  test('leaves out what is below its level; debug is below the default', () => {
    const write = (logger: Logger) => {
      logger.debug('d')
      logger.info('i')
      logger.warn('w')
      logger.error('e')
    }
    const byDefault = collector()
    write(consoleLogger({ stream: byDefault.stream }))
    expect(byDefault.lines.map((line) => line.split(' ')[1])).toEqual(['INFO', 'WARN', 'ERROR'])
    const errors = collector()
    write(consoleLogger({ level: 'error', stream: errors.stream }))
    expect(errors.lines.map((line) => line.split(' ')[1])).toEqual(['ERROR'])
  })

  test('writes to standard error unless told otherwise', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    consoleLogger().info('hello')
    expect(write).toHaveBeenCalledWith(expect.stringMatching(/INFO {2}hello\n$/))
    write.mockRestore()
  })

  test('refuses a level it does not know', () => {
    expect(() => consoleLogger({ level: 'loud' as never })).toThrow('must be debug, info, warn or error, got "loud"')
    expect(() => consoleLogger({ level: 'toString' as never })).toThrow(TypeError)
  })

  test('hides credentials in message, fields, errors, causes and configurations', () => {
    const url = 'redis://:s3cret@h'
    const error = Object.assign(new Error(`cannot reach ${url}`, { cause: new Error(`as ${url} is down`) }), {
      command: { name: 'auth', args: ['s3cret'] },
    })
    const config = resolveConfig({ broker: url, redis: { sentinelPassword: 's3cret' } })
    const line = logged((logger) =>
      logger.error(`lost ${url}`, {
        url,
        error,
        nested: { list: [url] },
        config,
        password: 's3cret',
        apiToken: 's3cret',
      }),
    )
    expect(line).not.toContain('s3cret')
    expect(line).toContain(
      'error="Error: cannot reach redis://[hidden]@h; caused by Error: as redis://[hidden]@h is down"',
    )
    expect(line).toContain('password=[hidden]')
  })

  test('lets no message forge a line or drive a terminal', () => {
    const line = logged((logger) => logger.info('a\nb\r\u001b[2J\u202e', { 'k\n': 'v\nw' }))
    expect(line).toBe('INFO  a\\nb\\u000d\\u001b[2J\\u202e k\\n=v\\nw\n')
  })

  test('writes a stack on lines of its own, none of which can pass for a log line or drive a terminal', () => {
    const forged = '2030-01-01T06:00:00.000Z ERROR All is lost.'
    const stack = `Error: a redis://:s3cret@h\n${forged}\r\n    at f (x.js:1:2)\u001b[2J\r${forged}\u2028`
    const line = logged((logger) => logger.error('Task failed.', { stack, uuid: 'u' }))
    expect(line.split('\n')).toEqual([
      'ERROR Task failed. uuid=u',
      '    Error: a redis://[hidden]@h',
      `    ${forged}`,
      `        at f (x.js:1:2)\\u001b[2J\\u000d${forged}\\u2028`,
      '',
    ])
  })

  test('escapes line ends in other fields once', () => {
    const line = logged((logger) => logger.info('m', { error: 'a b\nc "d" \\n\u202e' }))
    expect(line).toBe('INFO  m error="a b\\nc \\"d\\" \\\\n\\u202e"\n')
  })

  test('cuts what is too long', () => {
    const line = logged((logger) => logger.info('x'.repeat(5_000_000)))
    expect(line.length).toBeLessThan(11_000)
    expect(line).toContain('(4990000 more characters)')
  })

  test('prints any value without throwing', () => {
    const hostile = new Proxy({}, { get: () => { throw new Error('no') } }) // biome-ignore format: one line
    const cyclic: { self?: object } = {}
    cyclic.self = cyclic
    const fields = {
      hostile, cyclic, symbol: Symbol('s'), big: 5n, nothing: null, yes: true, when: new Date(0), never: new Date(Number.NaN),
      thing: { toString() { throw new Error('no') } }, bad: { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no') } },
    } // biome-ignore format: a table
    const line = logged((logger) => logger.info('values', fields))
    expect(line).toContain(
      'symbol=Symbol(s) big=5 nothing=null yes=true when=1970-01-01T00:00:00.000Z never="Invalid Date"',
    )
    expect(line).toContain('bad=(unprintable)')
  })

  test('never throws, even when its stream does', () => {
    const stream = {
      write() {
        throw new Error('disk full')
      },
    }
    expect(() => consoleLogger({ stream }).error('hello')).not.toThrow()
  })
})

describe('guardLogger', () => {
  const failing = (fail: () => unknown): Logger => ({ debug: fail, info: fail, warn: fail, error: fail }) as Logger

  test('keeps callers from what a logger throws or rejects with', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const throwing = guardLogger(failing(() => { throw new Error('broken') })) // biome-ignore format: one line
    const rejecting = guardLogger(failing(() => Promise.reject(new Error('broken'))))
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      expect(() => throwing[level]('hello', { a: 1 })).not.toThrow()
      expect(() => rejecting[level]('hello')).not.toThrow()
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('hides credentials before the logger sees them, and the properties that clients hang on errors', () => {
    const info = vi.fn()
    const url = 'redis://:s3cret@h'
    const cause = new Error(url)
    cause.cause = cause
    const error = Object.assign(new Error(url, { cause }), { code: 'E1', command: { args: ['s3cret'] } })
    const plain = { kept: true }
    guardLogger({ ...silentLogger, info }).info(`at ${url}`, { url, error, password: 's3cret', plain, count: 1 })
    const [message, fields] = info.mock.calls[0] ?? []
    expect(message).toBe('at redis://[hidden]@h')
    expect(fields).toMatchObject({ url: 'redis://[hidden]@h', password: '[hidden]', plain, count: 1 })
    expect(fields.error).toBeInstanceOf(Error)
    expect(fields.error).toMatchObject({ message: 'redis://[hidden]@h', code: 'E1' })
    expect(fields.error.command).toBeUndefined()
    expect(`${fields.error.stack}${fields.error.cause.stack}`).not.toContain('s3cret')
  })

  test('keeps the logger as this, and guards once', () => {
    class Own {
      readonly lines: string[] = []
      debug(message: string) { this.lines.push(message) } // biome-ignore format: one line
      info(message: string) { this.lines.push(message) } // biome-ignore format: one line
      warn(message: string) { this.lines.push(message) } // biome-ignore format: one line
      error(message: string) { this.lines.push(message) } // biome-ignore format: one line
    }
    const own = new Own()
    const guarded = guardLogger(own)
    guarded.warn('hello')
    expect(own.lines).toEqual(['hello'])
    expect(guardLogger(guarded)).toBe(guarded)
  })

  test('refuses what is no logger at once, as its silence would be noticed too late', () => {
    expect(() => guardLogger({ info() {} } as never)).toThrow('this one has no debug()')
    expect(() => guardLogger(undefined as never)).toThrow(TypeError)
  })
})

describe('loggers of others', () => {
  test('silentLogger takes everything and says nothing', () => {
    expect(silentLogger.error('hello', { a: 1 })).toBeUndefined()
  })

  test('console is a Logger', () => {
    expectTypeOf(console).toExtend<Logger>()
    const write = vi.spyOn(console, 'warn').mockReturnValue()
    guardLogger(console).warn('hello', { a: 1 })
    expect(write).toHaveBeenCalledWith('hello', { a: 1 })
    write.mockRestore()
  })

  test('a pino logger is a Logger', () => {
    const { lines, stream } = collector()
    const logger = pino({ level: 'debug' }, stream)
    expectTypeOf(logger).toExtend<Logger>()
    const guarded = guardLogger(logger)
    guarded.debug('one', { a: 1 })
    guarded.error('two')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 20, msg: 'one' },
      { level: 50, msg: 'two' },
    ])
  })

  test('a winston logger is a Logger', async () => {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const logger = winston.createLogger({ level: 'debug', transports: [new winston.transports.Stream({ stream })] })
    expectTypeOf(logger).toExtend<Logger>()
    const guarded = guardLogger(logger)
    guarded.debug('one', { a: 1 })
    guarded.error('two')
    await vi.waitFor(() => expect(lines).toHaveLength(2))
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'debug', message: 'one', a: 1 },
      { level: 'error', message: 'two' },
    ])
  })
})
