import { inspect } from 'node:util'
import { isMachineryError } from '@machinery/core'
import { freePort, startProxy, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import {
  classifyFailure,
  defineScript,
  openRedis,
  type RedisConnection,
  type RedisConnectionOptions,
  runScript,
  runScriptForBuffers,
} from '../src/index.js'

// A client comes back within 7 s, mostly at once.
vi.setConfig({ testTimeout: 20_000 })

describeWithServer('redis-server', 'a connection', () => {
  let server: TestServer
  const connections: RedisConnection[] = []
  const open = (options: RedisConnectionOptions = {}): RedisConnection => {
    const connection = openRedis({ port: server.port, host: '127.0.0.1', ...options })
    connections.push(connection)
    return connection
  }
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  afterEach(async () => {
    vi.restoreAllMocks()
    await Promise.all(connections.splice(0).map((connection) => connection.close()))
  })

  test('connects when it is used, not before', async () => {
    const admin = await open().ready()
    const connection = open({ connectionName: 'lazy' })
    expect(await admin.client('LIST')).not.toContain('name=lazy')
    const [first, second] = await Promise.all([connection.ready(), connection.ready()])
    expect(first).toBe(second)
    expect(await first.ping()).toBe('PONG')
    expect(await admin.client('LIST')).toContain('name=lazy')
  })

  test('is in the database that was asked for', async () => {
    const client = await open({ db: 3 }).ready()
    await client.set('where', 'three')
    expect(await (await open().ready()).get('where')).toBeNull()
    expect(await (await open({ db: 3 }).duplicate().ready()).get('where')).toBe('three')
  })

  test('comes back within a moment for whoever waits, and not at all once it is closed', async () => {
    // A pause of 1.9 s, then one of 2.3 s.
    vi.spyOn(Math, 'random').mockReturnValue(0.8)
    await using proxy = await startProxy({ target: server })
    const connection = open({ port: proxy.port })
    const client = await connection.ready()
    const lose = async (): Promise<void> => {
      proxy.cut()
      await vi.waitFor(() => expect(client.status).toBe('reconnecting'))
    }
    await lose()
    const cutAt = performance.now()
    await connection.ready({ soon: true })
    expect(await client.ping()).toBe('PONG')
    expect(performance.now() - cutAt).toBeLessThan(1_500)
    await lose()
    await proxy.refuse(true)
    const failing = connection.ready({ soon: true }).catch((error: unknown) => error)
    // That one attempt failed; the next has its turn.
    await vi.waitFor(() => expect(client.status).toBe('reconnecting'))
    await proxy.refuse(false)
    await connection.close()
    expect(isMachineryError(await failing, 'MACHINERY_CLOSED')).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(proxy.connections).toBe(0)
  })

  test('comes back after it was cut, and has failed what was under way', async () => {
    const connection = open({ connectTimeoutMs: 10_000 })
    const client = await connection.ready()
    const blocked = client.blpop('nothing', 5)
    blocked.catch(() => {})
    await (await open().ready()).call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    const error = await blocked.catch((reason: unknown) => reason)
    expect(classifyFailure(error)).toBe('indeterminate')
    expect(await (await connection.ready()).ping()).toBe('PONG')
  })

  test('never sends a command again whose answer was lost', async () => {
    await using proxy = await startProxy({ target: server })
    const connection = open({ port: proxy.port, connectTimeoutMs: 10_000 })
    const client = await connection.ready()
    await client.del('counter')
    proxy.dropNextReply('counter')
    const error = await client.incr('counter').catch((reason: unknown) => reason)
    expect(classifyFailure(error)).toBe('indeterminate')
    expect(await (await connection.ready()).get('counter')).toBe('1')
  })

  test('sends nothing while it is disconnected, and says so', async () => {
    await using proxy = await startProxy({ target: server })
    const connection = open({ port: proxy.port })
    const client = await connection.ready()
    await proxy.refuse(true)
    proxy.cut()
    await vi.waitFor(() => expect(client.status).toBe('reconnecting'))
    const error = await client.set('never', 'written').catch((reason: unknown) => reason)
    expect(classifyFailure(error)).toBe('rejected')
  })

  test('gives up a frozen link and comes back on another', async () => {
    await using proxy = await startProxy({ target: server })
    const connection = open({ port: proxy.port, commandTimeoutMs: 300, connectTimeoutMs: 10_000 })
    const client = await connection.ready()
    proxy.freeze(true)
    const start = performance.now()
    const error = await client.ping().catch((reason: unknown) => reason)
    expect(classifyFailure(error)).toBe('indeterminate')
    expect(performance.now() - start).toBeLessThan(1_500)
    await vi.waitFor(() => expect(client.status).not.toBe('ready'))
    proxy.freeze(false)
    expect(await (await connection.ready()).ping()).toBe('PONG')
  })

  test('a duplicate may wait longer for answers, is a connection of its own and is closed with the first', async () => {
    const connection = open({ commandTimeoutMs: 200 })
    const duplicate = connection.duplicate({ commandTimeoutMs: 3_000, connectionName: 'blocking' })
    const client = await duplicate.ready()
    expect(await client.blpop('nothing', 0.5)).toBeNull()
    const error = await (await connection.ready()).blpop('nothing', 0.5).catch((reason: unknown) => reason)
    expect(String(error)).toContain('timed out')
    await connection.close()
    expect(client.status).toBe('end')
    await expect(duplicate.ready()).rejects.toSatisfy((reason) => isMachineryError(reason, 'MACHINERY_CLOSED'))
  })

  test('rejects within its time when there is no server, naming the place and the reason', async () => {
    const connection = open({ port: await freePort(), password: 'hunter2', connectTimeoutMs: 300 })
    const start = performance.now()
    const error = await connection.ready().catch((reason: unknown) => reason)
    expect(performance.now() - start).toBeLessThan(1_500)
    expect(classifyFailure(error)).toBe('rejected')
    expect(String(error)).toMatch(
      /No connection within 300 ms to Redis at redis:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/,
    )
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
  })

  test('rejects within its time when the server does not answer', async () => {
    await using proxy = await startProxy({ target: server })
    proxy.freeze(true)
    const connection = open({ port: proxy.port, connectTimeoutMs: 300, commandTimeoutMs: 300 })
    await expect(connection.ready()).rejects.toThrow(/No connection within 300 ms/)
  })

  test('connects after all once the server is there', async () => {
    await using proxy = await startProxy({ target: server })
    await proxy.refuse(true)
    const connection = open({ port: proxy.port, connectTimeoutMs: 100 })
    await expect(connection.ready()).rejects.toThrow('ECONNREFUSED')
    await proxy.refuse(false)
    await vi.waitFor(async () => expect(await (await connection.ready()).ping()).toBe('PONG'), 12_000)
  })

  test.each(['never used', 'ready', 'connecting', 'reconnecting', 'frozen'])(
    'closes promptly when %s',
    async (state) => {
      await using proxy = await startProxy({ target: server })
      const connection = open({ port: proxy.port, connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 })
      const isUsed = state !== 'never used'
      if (state === 'connecting') proxy.freeze(true)
      const client = isUsed && state !== 'connecting' ? await connection.ready() : undefined
      const readiness = isUsed ? connection.ready().catch(() => {}) : undefined
      if (state === 'reconnecting') {
        await proxy.refuse(true)
        proxy.cut()
        await vi.waitFor(() => expect(client?.status).toBe('reconnecting'))
      }
      if (state === 'frozen') proxy.freeze(true)
      const waiting = client?.blpop('nothing', 5).catch(() => {})
      const start = performance.now()
      await Promise.all([connection.close(), connection.close()])
      await waiting
      await readiness
      expect(performance.now() - start).toBeLessThan(1_200)
      await expect(connection.ready()).rejects.toThrow(/is closed/)
      await expect(connection.close()).resolves.toBeUndefined()
    },
  )

  test('reports every failure to the caller, and prints none', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    await using proxy = await startProxy({ target: server })
    const connection = open({ port: proxy.port })
    await connection.ready()
    proxy.cut()
    await connection.ready()
    expect(printed).not.toHaveBeenCalled()
  })

  test("keeps a command's arguments out of its error", async () => {
    const client = await open().ready()
    await client.set('text', 'x')
    const error = await client.lpush('text', 'a task with a secret').catch((reason: unknown) => reason)
    expect(classifyFailure(error)).toBe('rejected')
    expect(String(error)).toContain('WRONGTYPE')
    expect(inspect(error, { depth: 9 })).not.toContain('secret')
  })

  test('runs a script by its SHA-1, and again after the server forgot it', async () => {
    const client = await open().ready()
    const echo = defineScript({ keys: 1, lua: 'return { KEYS[1], ARGV[1], 7 }' })
    expect(await runScript(client, echo, ['k'], ['v'])).toEqual(['k', 'v', 7])
    await client.script('FLUSH')
    expect(await runScript(client, echo, ['k'], [Buffer.from('ü')])).toEqual(['k', 'ü', 7])
    await client.script('FLUSH')
    expect(await runScriptForBuffers(client, echo, ['k'], [Buffer.of(255)])).toEqual([
      Buffer.from('k'),
      Buffer.of(255),
      7,
    ])
    await expect((async () => runScript(client, echo, ['a', 'b']))()).rejects.toThrow('takes 1 keys, got 2')
    await expect(runScript(client, defineScript({ keys: 0, lua: 'return oops' }), [])).rejects.toThrow('oops')
  })

  test('uses a client that was given without closing it, where it has safe settings', async () => {
    const client = new Redis({
      port: server.port,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      lazyConnect: true,
      commandTimeout: 1_000,
    })
    const connection = openRedis({ client })
    expect(await connection.ready()).toBe(client)
    const duplicate = await connection.duplicate().ready()
    expect(duplicate).not.toBe(client)
    await connection.close()
    expect(duplicate.status).toBe('end')
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  })

  test('uses a duplicate of a client that would resend commands', async () => {
    const client = new Redis({ port: server.port, db: 2 })
    const connection = openRedis({ client })
    const used = await connection.ready()
    expect(used).not.toBe(client)
    expect(used.options).toMatchObject({ db: 2, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 })
    await connection.close()
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  })

  test('rejects when the client that was given is closed', async () => {
    const client = new Redis({
      port: server.port,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      lazyConnect: true,
      commandTimeout: 1_000,
    })
    client.disconnect()
    await expect(openRedis({ client }).ready()).rejects.toThrow(/client that was given is closed/)
  })
})
