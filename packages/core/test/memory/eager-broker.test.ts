import { describe, expect, test } from 'vitest'
import { EagerBroker, NullBackend } from '../../src/memory/index.js'

const message = (text: string): { routingKey: string; body: Uint8Array } => ({
  routingKey: 'q',
  body: new TextEncoder().encode(text),
})

describe('the eager broker', () => {
  test('runs messages one after the other, whatever their time, and settles when they ended', async () => {
    const broker = new EagerBroker()
    const log: string[] = []
    broker.assignProcessor(async ({ body, routingKey }) => {
      const text = new TextDecoder().decode(body)
      log.push(`start ${text} of ${routingKey}`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`end ${text}`)
    })
    const later = { ...message('1'), deliverAt: new Date('2200-01-01') }
    expect(await broker.publish([later, message('2')])).toEqual([{ status: 'ok' }, { status: 'ok' }])
    expect(log).toEqual(['start 1 of q', 'end 1', 'start 2 of q', 'end 2'])
  })

  test('runs what a message sends before the message itself has ended', async () => {
    const broker = new EagerBroker()
    const log: string[] = []
    broker.assignProcessor(async ({ body }) => {
      const text = new TextDecoder().decode(body)
      if (text === 'outer') await broker.publish([message('inner')])
      log.push(text)
    })
    await broker.publish([message('outer')])
    expect(log).toEqual(['inner', 'outer'])
  })

  test('answers rejected with the error, and runs the others', async () => {
    const broker = new EagerBroker()
    const error = new Error('boom')
    broker.assignProcessor(async ({ body }) => {
      if (body[0] === 49) throw error
    })
    expect(await broker.publish([message('1'), message('2')])).toEqual([
      { status: 'rejected', error },
      { status: 'ok' },
    ])
  })

  test('says what to do where nobody runs its messages', async () => {
    const [answer] = await new EagerBroker().publish([message('1')])
    expect(answer).toMatchObject({
      status: 'rejected',
      error: { message: expect.stringContaining('assignProcessor()') },
    })
  })

  test('has consumers that wait for nothing, until the signal aborts or they are closed', async () => {
    const broker = new EagerBroker()
    const [first, second] = [await broker.consume(), await broker.consume()]
    const stop = new AbortController()
    let settled = 0
    const receiving = [first.receive(1, stop.signal), second.receive(1, new AbortController().signal)]
    for (const each of receiving) void each.then(() => settled++)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(settled).toBe(0)
    stop.abort()
    await broker.close()
    expect(await Promise.all(receiving)).toEqual([[], []])
    await expect(second.receive(1, stop.signal)).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
    await expect(broker.consume()).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
    expect((await broker.publish([message('1')]))[0]?.status).toBe('rejected')
  })
})

test('the null backend takes all and keeps nothing', async () => {
  const backend = new NullBackend()
  const state = { taskUuid: 't', taskName: 'add', state: 'SUCCESS', results: [], error: '', createdAt: '' } as const
  expect(await backend.saveStates([{ state, expiresInMs: 1 }])).toEqual([{ status: 'stored' }])
  expect(await backend.readStates(['t'])).toEqual([undefined])
  expect(await backend.readGroup()).toBeUndefined()
  expect(await backend.finishMembers([{ groupUuid: 'g', taskUuid: 't', taskCount: 1, expiresInMs: 1 }])).toEqual([
    { status: 'missing' },
  ])
  expect(await backend.claimChord()).toBe('missing')
  expect(backend.capabilities).toMatchObject({ reads: 'never', chords: 'never' })
})
