import { describe, expect, test } from 'vitest'
import { DeliveryBuffer } from '../../src/adapter/index.js'

const never = new AbortController().signal
const delivery = (byte: number): { body: Uint8Array } => ({ body: Uint8Array.of(byte) })
const bytes = (deliveries: readonly { body: Uint8Array }[]): number[] => deliveries.map(({ body }) => body[0] ?? -1)

function filled(...contents: number[]): DeliveryBuffer {
  const buffer = new DeliveryBuffer()
  for (const byte of contents) buffer.push(delivery(byte))
  return buffer
}

describe('a buffer of deliveries', () => {
  test('hands out what is there, at most max, in order', async () => {
    const buffer = filled(1, 2, 3)
    expect(bytes(await buffer.receive(2, never))).toEqual([1, 2])
    expect(bytes(await buffer.receive(2, never))).toEqual([3])
  })

  test('waits for the first delivery', async () => {
    const buffer = new DeliveryBuffer()
    const receiving = buffer.receive(5, never)
    buffer.push(delivery(1))
    expect(bytes(await receiving)).toEqual([1])
  })

  test('hands over what is pushed in one go as one batch, at most max', async () => {
    const buffer = new DeliveryBuffer()
    const receiving = buffer.receive(3, never)
    for (const byte of [1, 2, 3, 4]) buffer.push(delivery(byte))
    expect(bytes(await receiving)).toEqual([1, 2, 3])
    expect(bytes(await buffer.receive(3, never))).toEqual([4])
  })

  test('ends a receive with nothing when its signal aborts, and keeps what comes later', async () => {
    const buffer = new DeliveryBuffer()
    const stop = new AbortController()
    const receiving = buffer.receive(1, stop.signal)
    stop.abort()
    expect(await receiving).toEqual([])
    expect(await buffer.receive(1, stop.signal)).toEqual([])
    buffer.push(delivery(1))
    expect(bytes(await buffer.receive(1, never))).toEqual([1])
  })

  test('loses nothing when the abort comes between a push and its handing over', async () => {
    const buffer = new DeliveryBuffer()
    const stop = new AbortController()
    const receiving = buffer.receive(1, stop.signal)
    buffer.push(delivery(1))
    stop.abort()
    expect(await receiving).toEqual([])
    expect(bytes(await buffer.receive(1, never))).toEqual([1])
  })

  test('leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const counted = new Proxy(signal, {
      get(target, key) {
        if (key === 'addEventListener') listeners++
        if (key === 'removeEventListener') listeners--
        const value = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const buffer = new DeliveryBuffer()
    for (let round = 0; round < 3; round++) {
      const receiving = buffer.receive(1, counted)
      buffer.push(delivery(round))
      await receiving
    }
    expect(listeners).toBe(0)
  })

  test('rejects the pending receive and all later ones once it failed', async () => {
    const buffer = filled()
    const receiving = buffer.receive(1, never)
    buffer.fail(new Error('channel closed'))
    await expect(receiving).rejects.toThrow('channel closed')
    await expect(buffer.receive(1, never)).rejects.toThrow('channel closed')
    expect(buffer.push(delivery(1))).toBe(false)
  })

  test('keeps its first failure', async () => {
    const buffer = filled()
    buffer.fail(new Error('first'))
    buffer.fail(new Error('second'))
    await expect(buffer.receive(1, never)).rejects.toThrow('first')
  })

  test('gives what was never handed out when it closes, once', async () => {
    const buffer = filled(1, 2, 3)
    await buffer.receive(1, never)
    expect(bytes(buffer.close())).toEqual([2, 3])
    expect(buffer.close()).toEqual([])
    expect(buffer.push(delivery(4))).toBe(false)
  })

  test('gives what it held also after a failure', () => {
    const buffer = filled(1)
    buffer.fail(new Error('channel closed'))
    expect(bytes(buffer.close())).toEqual([1])
  })

  test('ends the pending receive with nothing when it closes, and rejects later ones', async () => {
    const buffer = new DeliveryBuffer()
    const receiving = buffer.receive(1, never)
    buffer.close()
    expect(await receiving).toEqual([])
    await expect(buffer.receive(1, never)).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
  })

  test('gives back at close what was pushed and not handed over yet', async () => {
    const buffer = new DeliveryBuffer()
    const receiving = buffer.receive(1, never)
    buffer.push(delivery(1))
    expect(bytes(buffer.close())).toEqual([1])
    expect(await receiving).toEqual([])
  })
})
