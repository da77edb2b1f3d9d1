import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type FaultProxy, startProxy } from '@machinery-internal/test-servers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

/** Answers each line with `<line>!`, and remembers what it received. */
let echo: Server
let served: string[]
let proxy: FaultProxy

beforeEach(async () => {
  served = []
  echo = createServer((socket) => {
    socket.on('error', () => {})
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((part) => part !== '')) {
        served.push(line)
        socket.write(`${line}!\n`)
      }
    })
  }).listen({ port: 0, host: '127.0.0.1' })
  await once(echo, 'listening')
  proxy = await startProxy({ target: { port: (echo.address() as { port: number }).port } })
})

afterEach(async () => {
  await proxy.stop()
  echo.close()
})

/** A client that records what it receives, and whether its connection ended. */
async function client(): Promise<{ socket: Socket; received: () => string; ended: () => boolean }> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  let text = ''
  let ended = false
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  socket
    .on('error', () => {})
    .on('close', () => {
      ended = true
    })
  await once(socket, 'connect')
  return { socket, received: () => text, ended: () => ended }
}

test('passes bytes both ways, and a polite end', async () => {
  const { socket, received, ended } = await client()
  socket.write('one\n')
  await vi.waitFor(() => expect(received()).toBe('one!\n'))
  expect(proxy.connections).toBe(1)
  socket.end('two\n')
  await vi.waitFor(() => expect(ended()).toBe(true))
  expect(received()).toBe('one!\ntwo!\n')
  await vi.waitFor(() => expect(proxy.connections).toBe(0))
})

test('passes large bodies unharmed', async () => {
  const { socket, received } = await client()
  const line = 'x'.repeat(3_000_000)
  socket.write(`${line}\n`)
  await vi.waitFor(() => expect(received().replaceAll('!\n', '')).toBe(line), { timeout: 5000 })
})

test('cuts what is connected, and accepts new connections', async () => {
  const first = await client()
  proxy.cut()
  await vi.waitFor(() => expect(first.ended()).toBe(true))
  const second = await client()
  second.socket.write('again\n')
  await vi.waitFor(() => expect(second.received()).toBe('again!\n'))
})

test('refuses new connections only, until told otherwise', async () => {
  const before = await client()
  await proxy.refuse(true)
  const refused = connect({ port: proxy.port, host: '127.0.0.1' })
  const [error] = await once(refused, 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  before.socket.write('alive\n')
  await vi.waitFor(() => expect(before.received()).toBe('alive!\n'))
  await proxy.refuse(false)
  const after = await client()
  after.socket.write('back\n')
  await vi.waitFor(() => expect(after.received()).toBe('back!\n'))
})

describe('frozen', () => {
  test('lets nothing pass and nothing end, and delivers it all afterwards', async () => {
    const { socket, received, ended } = await client()
    socket.write('before\n')
    await vi.waitFor(() => expect(received()).toBe('before!\n'))
    proxy.freeze(true)
    socket.write('during\n')
    await delay(150)
    expect(served).toEqual(['before'])
    expect(ended()).toBe(false)
    proxy.freeze(false)
    await vi.waitFor(() => expect(received()).toBe('before!\nduring!\n'))
  })

  test('holds connections that are opened meanwhile', async () => {
    proxy.freeze(true)
    const { socket, received } = await client()
    socket.write('early\n')
    await delay(100)
    expect(served).toEqual([])
    proxy.freeze(false)
    await vi.waitFor(() => expect(received()).toBe('early!\n'))
  })

  test('holds what was being delayed', async () => {
    const { socket, received } = await client()
    proxy.delay(50)
    socket.write('late\n')
    await delay(10)
    proxy.freeze(true)
    await delay(120)
    expect(served).toEqual([])
    proxy.freeze(false)
    await vi.waitFor(() => expect(received()).toBe('late!\n'))
  })
})

test('delays each direction, in order', async () => {
  const { socket, received } = await client()
  proxy.delay(100)
  const start = performance.now()
  socket.write('slow\n')
  await delay(20)
  proxy.delay(0)
  socket.write('next\n')
  await vi.waitFor(() => expect(received()).toBe('slow!\nnext!\n'))
  expect(performance.now() - start).toBeGreaterThanOrEqual(95)
})

test('loses the next reply and its connection, once', async () => {
  const first = await client()
  proxy.dropNextReply()
  first.socket.write('lost\n')
  await vi.waitFor(() => expect(first.ended()).toBe(true))
  expect(first.received()).toBe('')
  expect(served).toEqual(['lost'])
  expect(proxy.dropped).toBe(1)
  const second = await client()
  second.socket.write('kept\n')
  await vi.waitFor(() => expect(second.received()).toBe('kept!\n'))
})

test('loses the replies of matching requests, each time, and no others', async () => {
  proxy.dropReplies(/pay \d+/)
  for (const request of ['pay 1', 'pay 2']) {
    const { socket, received, ended } = await client()
    socket.write('look\n')
    await vi.waitFor(() => expect(received()).toBe('look!\n'))
    socket.write(`${request}\n`)
    await vi.waitFor(() => expect(ended()).toBe(true))
    expect(received()).toBe('look!\n')
  }
  expect(served).toEqual(['look', 'pay 1', 'look', 'pay 2'])
  proxy.dropReplies(undefined)
  const { socket, received } = await client()
  socket.write('pay 3\n')
  await vi.waitFor(() => expect(received()).toBe('pay 3!\n'))
})

test('loses a matching request before the server sees it, though not those before it', async () => {
  proxy.dropRequests('secret')
  const { socket, ended } = await client()
  socket.write('public\nsecret\n')
  await vi.waitFor(() => expect(ended()).toBe(true))
  await vi.waitFor(() => expect(served).toEqual(['public']))
  expect(proxy.dropped).toBe(1)
})

test('sees a match that lies across two packets', async () => {
  proxy.dropReplies('secret')
  const { socket, ended, received } = await client()
  socket.write('the sec')
  await delay(30)
  socket.write('ret\n')
  await vi.waitFor(() => expect(ended()).toBe(true))
  expect(received()).not.toContain('ret!')
})

test('does not count bytes that passed before the fault was asked for', async () => {
  const { socket, received } = await client()
  socket.write('secret\n')
  await vi.waitFor(() => expect(received()).toBe('secret!\n'))
  proxy.dropReplies('secret')
  proxy.dropRequests(/secret/)
  socket.write('other\n')
  await vi.waitFor(() => expect(received()).toBe('secret!\nother!\n'))
  expect(proxy.dropped).toBe(0)
})
