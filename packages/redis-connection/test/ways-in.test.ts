import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { freePort, redisCommand, startRedis } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openRedis } from '../src/index.js'

describeWithServer('redis-server', 'ways in', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'machinery-ways-in-'))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test('through a unix socket', async () => {
    const path = join(dir, 'redis.sock')
    await using _server = await startRedis({ args: ['--unixsocket', path] })
    for (const options of [{ url: `redis+socket://${path}` }, { socketPath: path }]) {
      const connection = openRedis(options)
      expect(await (await connection.ready()).ping()).toBe('PONG')
      await connection.close()
    }
  })

  test('with a password, and with a user of the access control list', async () => {
    await using server = await startRedis({
      args: ['--requirepass', 'hunter2', '--user', ...['worker', 'on', '>hunter3', '~*', '&*', '+@all']],
    })
    for (const login of ['hunter2', ':hunter2', 'default:hunter2', 'worker:hunter3']) {
      const connection = openRedis({ url: `redis://${login}@127.0.0.1:${server.port}` })
      expect(await (await connection.ready()).ping()).toBe('PONG')
      expect(connection.description).not.toContain('hunter')
      await connection.close()
    }
  })

  test('says at once that a login is refused, without showing the password', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    await using server = await startRedis({ args: ['--requirepass', 'hunter2'] })
    for (const login of ['wr0ng@', 'nobody:wr0ng@', '']) {
      const connection = openRedis({ url: `redis://${login}127.0.0.1:${server.port}` })
      const start = performance.now()
      const error = await connection.ready().catch((reason: unknown) => reason)
      expect(performance.now() - start).toBeLessThan(5_000)
      expect(String(error)).toMatch(/The login was refused by Redis at .*(WRONGPASS|NOAUTH)/)
      expect(inspect(error, { depth: 9 })).not.toContain('wr0ng')
      await connection.close()
    }
    expect(printed).not.toHaveBeenCalled()
  })

  test('through TLS, to a server whose certificate is trusted and to no other', async () => {
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
        ...[
          '-keyout',
          key,
          '-out',
          cert,
          '-subj',
          '/CN=localhost',
          '-addext',
          'subjectAltName=DNS:localhost,IP:127.0.0.1',
        ],
      ],
      { stdio: 'ignore' },
    )
    const tlsPort = await freePort()
    await using server = await startRedis({
      args: [
        ...['--tls-port', String(tlsPort), '--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert],
        ...['--tls-auth-clients', 'no'],
      ],
    })
    expect(await redisCommand(server.port, 'PING')).toBe('PONG')
    const trusting = openRedis({ url: `rediss://localhost:${tlsPort}`, tls: { ca: readFileSync(cert) } })
    expect(await (await trusting.ready()).ping()).toBe('PONG')
    expect(await (await trusting.duplicate().ready()).ping()).toBe('PONG')
    await trusting.close()
    const strict = openRedis({ url: `rediss://127.0.0.1:${tlsPort}`, connectTimeoutMs: 500 })
    await expect(strict.ready()).rejects.toThrow(/self.signed certificate/)
    await strict.close()
  })
})
