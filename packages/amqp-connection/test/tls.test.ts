import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import {
  makeCertificates,
  startRabbitMq,
  type TestCertificates,
  type TestRabbitMq,
  type TestTls,
} from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AmqpConnectionOptions, ConfirmPublisher, Declarer, openAmqp } from '../src/index.js'

describeWithServer('rabbitmq-server', 'a connection through TLS', () => {
  let dir: string
  let server: TestRabbitMq
  let mutual: TestRabbitMq
  /** Of an authority that neither server knows. */
  let stranger: TestCertificates

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'machinery-tls-'))
    ;[server, mutual, stranger] = await Promise.all([
      startRabbitMq({ tls: 'server' }),
      startRabbitMq({ tls: 'mutual' }),
      makeCertificates(dir),
    ])
  }, 90_000)
  afterAll(async () => {
    await Promise.all([server?.stop(), mutual?.stop()])
    await rm(dir, { recursive: true, force: true })
  })

  function tlsOf({ tls }: TestRabbitMq): TestTls {
    if (tls === undefined) throw new Error('It was started with TLS.')
    return tls
  }

  /** What the connection ends with: a message that crossed it and came back, or the error. */
  async function roundTrip(options: AmqpConnectionOptions): Promise<string> {
    const connection = openAmqp(options)
    try {
      const publisher = new ConfirmPublisher(connection, { timeoutMs: 5_000, maxWaiting: 10 })
      const queue = `tls-${performance.now()}`
      const settled = await publisher.publish(1, async (live) => {
        await new Declarer(live).run('it', (channel) => channel.assertQueue(queue, { exclusive: true }))
        return [{ exchange: '', routingKey: queue, body: Buffer.from('secret'), properties: { mandatory: true } }]
      })
      expect(settled).toEqual([{ status: 'ok' }])
      const live = await connection.ready()
      const message = await new Declarer(live).run('it', (channel) => channel.get(queue, { noAck: true }))
      return message === false ? 'nothing' : message.content.toString()
    } finally {
      await connection.close()
    }
  }

  async function failure(options: AmqpConnectionOptions): Promise<string> {
    const connection = openAmqp(options)
    const error: unknown = await connection.ready().catch((thrown: unknown) => thrown)
    await connection.close()
    expect(error).toMatchObject({ name: 'AmqpUnavailableError' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2')
    return (error as Error).message
  }

  test('reaches a server whose authority was named, by its name and by its address', async () => {
    const { url, ca } = tlsOf(server)
    expect(await roundTrip({ url, tls: { ca } })).toBe('secret')
    expect(await roundTrip({ url: url.replace('localhost', '127.0.0.1'), tls: { ca } })).toBe('secret')
  })

  test('reaches a server that asks for a client certificate, with one', async () => {
    const { url, ca, cert, key } = tlsOf(mutual)
    expect(await roundTrip({ url, tls: { ca, cert, key } })).toBe('secret')
    const one = openAmqp({ url, tls: { ca, cert, key } })
    const other = one.another()
    expect((await other.ready()).isOpen).toBe(true)
    await Promise.all([one.close(), other.close()])
  })

  test('tries the next server where the first one is not trusted', async () => {
    const { url, ca } = tlsOf(server)
    expect(await roundTrip({ urls: [tlsOf(mutual).url, url], tls: { ca } })).toBe('secret')
  })

  describe('is refused at once, with what to do and without the password,', () => {
    const withPassword = (url: string): string => url.replace('guest:guest', 'guest:hunter2')

    test.each([
      ['no authority', () => undefined],
      ['the wrong authority', () => ({ ca: stranger.ca })],
    ])('where the client trusts %s', async (_name, tls) => {
      const { url } = tlsOf(server)
      const given = tls()
      const text = await failure({ url: withPassword(url), ...(given && { tls: given }) })
      expect(text).toContain(`amqps://localhost:${new URL(url).port}: self-signed certificate in certificate chain.`)
      expect(text).toContain('Set tls.ca')
    })

    test('where the certificate is for another name', async () => {
      const { url, ca } = tlsOf(server)
      const text = await failure({ url: withPassword(url), tls: { ca, servername: 'rabbit.example' } })
      expect(text).toContain("does not match certificate's altnames")
      expect(text).toContain('rabbit.example')
    })

    test.each(['TLSv1.2', 'TLSv1.3'] as const)('where a client certificate is missing, in %s', async (version) => {
      const { url, ca } = tlsOf(mutual)
      const tls = { ca, minVersion: version, maxVersion: version }
      const text = await failure({ url: withPassword(url), tls })
      expect(text).toMatch(/alert (?:certificate required|handshake failure)/)
      expect(text).toContain('Set tls.cert and tls.key')
    })

    test('where the client certificate is of another authority', async () => {
      const { url, ca } = tlsOf(mutual)
      const text = await failure({ url: withPassword(url), tls: { ca, cert: stranger.cert, key: stranger.key } })
      expect(text).toContain('does not trust the client certificate in tls.cert')
    })

    test('where the port speaks no TLS', async () => {
      const { ca } = tlsOf(server)
      const text = await failure({ url: `amqps://guest:hunter2@127.0.0.1:${server.port}`, tls: { ca } })
      expect(text).toContain('That port speaks no TLS')
      expect(text).not.toMatch(/openssl|[0-9A-F]{16}/)
    })

    test('where tls.cert is no certificate', async () => {
      const { url, ca } = tlsOf(mutual)
      const text = await failure({ url: withPassword(url), tls: { ca, cert: 'hunter2', key: 'hunter2' } })
      expect(text).toContain('PEM')
    })
  })

  test('is not taken over by the login: a wrong password is told as such', async () => {
    const { url, ca } = tlsOf(server)
    expect(await failure({ url: url.replace('guest:guest', 'guest:hunter2'), tls: { ca } })).toMatch(
      /ACCESS[_-]REFUSED/,
    )
  })
})
