import { describe, expect, test } from 'vitest'
import { isMachineryError, Server } from '../../src/index.js'
import { MemoryBackend, MemoryBroker, MemoryLock } from '../../src/memory/index.js'

function refusal(...args: unknown[]): string {
  try {
    new Server({ noUnixSignals: true }, ...(args as []))
  } catch (error) {
    expect(isMachineryError(error, 'MACHINERY_CONFIGURATION')).toBe(true)
    return (error as Error).message
  }
  throw new Error('Nothing was refused.')
}

describe('adapters that are none', () => {
  const [broker, backend, lock] = [new MemoryBroker(), new MemoryBackend(), new MemoryLock()]

  test.each([
    [
      'an address as broker',
      ['redis://:s3cret@host', backend],
      'its broker lacks publish() and consume(): got a string',
    ],
    ['an address as backend', [broker, 'redis://:s3cret@host'], 'its backend lacks saveStates() and readStates()'],
    ['broker and backend in the wrong order', [backend, broker], 'its broker lacks publish() and consume()'],
    ['a broker as lock', [broker, backend, broker], 'its lock lacks acquire(): got another object'],
  ])('are refused: %s', (_, args, text) => {
    const message = refusal(...args)
    expect(message).toContain(text)
    expect(message).not.toContain('s3cret')
  })

  test('are not those of the embedded classes', async () => {
    await using server = new Server({ noUnixSignals: true }, broker, backend, lock)
    expect(server).toBeDefined()
  })
})
