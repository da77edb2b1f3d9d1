import { RedisBroker } from '@machinery/broker-redis'
import { describe, expect, test } from 'vitest'

describe('options', () => {
  test.each([
    [{ leaseMs: 10 }, 'leaseMs must be a number from 300'],
    [{ leaseMs: '15s' as never }, 'got the string "15s".'],
    [{ leaseMs: '15000' as never }, 'got the string "15000".'],
    [{ maxBlockedMs: 0 }, 'maxBlockedMs'],
    [{ delayedPollMs: Number.NaN }, 'delayedPollMs'],
    [{ delayedTasksKey: '' }, 'delayedTasksKey must not be empty'],
    [{ defaultQueue: '' }, 'defaultQueue must not be empty'],
  ])('%j is refused at construction', (options, text) => {
    expect(() => new RedisBroker(options)).toThrow(text)
  })

  test('capabilities say what it takes', () => {
    expect(new RedisBroker().capabilities).toEqual({
      maxDelayMs: Number.POSITIVE_INFINITY,
      maxPriority: 0,
      maxBodyBytes: 536_805_376,
      redelivery: 'after-consumer-loss',
    })
    expect(new RedisBroker({ maxBodyBytes: 1_000 }).capabilities.maxBodyBytes).toBe(1_000)
  })

  test.each([
    [{ leaseMS: 1 }, 'RedisBroker has no option "leaseMS". Did you mean leaseMs?'],
    [
      'redis://user:s3cret@h',
      'RedisBroker takes its options as an object, for example { url: … }; got the string "redis://…".',
    ],
  ])('refuses %j, which TypeScript would have refused', (options, text) => {
    expect(() => new RedisBroker(options as never)).toThrow(
      expect.objectContaining({ code: 'MACHINERY_CONFIGURATION', message: text }),
    )
  })
})
