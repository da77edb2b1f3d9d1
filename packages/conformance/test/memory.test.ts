import { MemoryBackend, MemoryBroker, MemoryLock, NullBackend } from '@machinery/core/memory'
import { describe } from 'vitest'
import { testBackend, testBroker, testLock } from '../src/index.js'

// Several clients of one server: what one closes, the others go on using.
const broker = new MemoryBroker()
const backend = new MemoryBackend()
const lock = new MemoryLock()

describe('MemoryBroker', () => {
  testBroker({ create: () => new MemoryBroker({ sharedWith: broker }), delayMs: 100, quietMs: 40 })
})

describe('MemoryBackend', () => {
  testBackend({ create: () => new MemoryBackend({ sharedWith: backend }), delayMs: 100, quietMs: 40 })
})

describe('MemoryLock', () => {
  testLock({ create: () => new MemoryLock({ sharedWith: lock }), delayMs: 100, quietMs: 40 })
})

describe('NullBackend', () => {
  testBackend({ create: () => new NullBackend(), delayMs: 100, quietMs: 40 })
})
