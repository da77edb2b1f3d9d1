import { onTestFinished } from 'vitest'
import type { Broker } from '../../src/index.js'
import { MemoryBroker } from '../../src/memory/index.js'

/** Rejections and exceptions that nobody handled while the test ran; the test runner does not see them. */
export function strayErrors(): unknown[] {
  const stray: unknown[] = []
  const note = (error: unknown): void => void stray.push(error)
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    const before = process.listeners(event as 'uncaughtException')
    process.removeAllListeners(event)
    process.on(event, note)
    onTestFinished(() => {
      process.off(event, note)
      for (const listener of before) process.on(event as 'uncaughtException', listener)
    })
  }
  return stray
}

/** What `promise` became within `ms` milliseconds: 'pending' when it has not settled. */
export async function within(promise: Promise<unknown>, ms: number): Promise<'resolved' | 'rejected' | 'pending'> {
  return Promise.race([
    promise.then(
      () => 'resolved' as const,
      () => 'rejected' as const,
    ),
    pause(ms).then(() => 'pending' as const),
  ])
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The memory broker with some methods replaced. */
export function brokerWith(changes: Partial<Broker>, broker = new MemoryBroker()): Broker {
  return {
    name: broker.name,
    capabilities: broker.capabilities,
    publish: (messages) => broker.publish(messages),
    consume: (options) => broker.consume(options),
    close: () => broker.close(),
    ...changes,
  }
}
