import { afterEach, describe, expect, test, vi } from 'vitest'
import { sleep, systemClock, VirtualClock, withDeadline } from '../../src/time/index.js'

afterEach(() => {
  vi.useRealTimers()
  vi.resetModules()
})

/** The module as it is when its timers are captured from fakes: the only way to see 25 days pass. */
async function clockOnFakeTimers() {
  vi.useFakeTimers()
  vi.resetModules()
  const { systemClock } = await import('../../src/time/system-clock.js')
  return systemClock
}

describe('systemClock', () => {
  test('goes on while a test holds the global timers still', async () => {
    vi.useFakeTimers({ now: 0 })
    expect(systemClock.now()).toBeGreaterThan(1_600_000_000_000)
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, 1))
  })

  test('never calls a cancelled timer', async () => {
    const called = vi.fn()
    const cancel = systemClock.setTimer(called, 1)
    cancel()
    await sleep(systemClock, 20)
    expect(called).not.toHaveBeenCalled()
  })

  test('waits a hundred days where Node would fire at once', async () => {
    const clock = await clockOnFakeTimers()
    const called = vi.fn()
    const ms = 100 * 86_400_000
    clock.setTimer(called, ms)
    vi.advanceTimersByTime(ms - 1)
    expect(called).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(called).toHaveBeenCalledOnce()
  })

  test('can be cancelled between two hops of a long delay', async () => {
    const clock = await clockOnFakeTimers()
    const called = vi.fn()
    const cancel = clock.setTimer(called, 100 * 86_400_000)
    vi.advanceTimersByTime(60 * 86_400_000)
    cancel()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('counts a negative delay as 0, rounds fractions up, and never fires at infinity', async () => {
    const clock = await clockOnFakeTimers()
    const [negative, fraction, never] = [vi.fn(), vi.fn(), vi.fn()]
    clock.setTimer(negative, -5)
    clock.setTimer(fraction, 10.2)
    clock.setTimer(never, Number.POSITIVE_INFINITY)
    vi.advanceTimersByTime(1)
    expect(negative).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(9)
    expect(fraction).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fraction).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(1000 * 86_400_000)
    expect(never).not.toHaveBeenCalled()
  })

  test('refuses NaN', () => {
    expect(() => systemClock.setTimer(() => {}, Number.NaN)).toThrow(RangeError)
  })
})

describe('withDeadline', () => {
  const tooLate = () => new Error('too late')

  test('hands on the value and the error of the promise', async () => {
    await expect(withDeadline(Promise.resolve(7), 1000, tooLate)).resolves.toBe(7)
    await expect(withDeadline(Promise.reject(new Error('own')), 1000, tooLate)).rejects.toThrow('own')
  })

  test('rejects with the made error when the promise does not settle', async () => {
    await expect(withDeadline(new Promise(() => {}), 5, tooLate)).rejects.toThrow('too late')
  })

  test('keeps its time while a test holds the global timers still', async () => {
    vi.useFakeTimers()
    await expect(withDeadline(new Promise(() => {}), 5, tooLate)).rejects.toThrow('too late')
  })

  test('leaves no timer behind', async () => {
    const active = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = active()
    await withDeadline(Promise.resolve(), 60_000, tooLate)
    await withDeadline(Promise.reject(new Error('own')), 60_000, tooLate).catch(() => {})
    expect(active()).toBe(before)
  })

  test('takes the rejection that comes after the deadline, so that it is not unhandled', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    let fail = (_error: Error): void => {}
    const slow = new Promise((_, reject) => {
      fail = reject
    })
    await expect(withDeadline(slow, 1, tooLate)).rejects.toThrow('too late')
    fail(new Error('late'))
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('rejects with what making the error threw', async () => {
    const broken = () => {
      throw new Error('cannot make it')
    }
    await expect(withDeadline(new Promise(() => {}), 1, broken)).rejects.toThrow('cannot make it')
  })
})

describe('sleep', () => {
  test('ends when the time of its clock has passed', async () => {
    const clock = new VirtualClock()
    const woken = vi.fn()
    void sleep(clock, 5000).then(woken)
    await clock.advance(4999)
    expect(woken).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(woken).toHaveBeenCalledOnce()
  })

  test('rejects with the reason of its signal at once, without leaving a timer', async () => {
    const clock = new VirtualClock()
    const stop = new AbortController()
    const asleep = sleep(clock, 5000, stop.signal)
    stop.abort(new Error('stopping'))
    await expect(asleep).rejects.toThrow('stopping')
    expect(await clock.runNext()).toBe(false)
    await expect(sleep(clock, 5000, stop.signal)).rejects.toThrow('stopping')
  })

  test('lets go of a signal that outlives it', async () => {
    const clock = new VirtualClock()
    const { signal } = new AbortController()
    const remove = vi.spyOn(signal, 'removeEventListener')
    const asleep = sleep(clock, 10, signal)
    await clock.advance(10)
    await asleep
    expect(remove).toHaveBeenCalledOnce()
  })
})
