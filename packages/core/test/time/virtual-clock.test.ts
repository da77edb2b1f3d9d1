import { setImmediate as immediate } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sleep, VirtualClock } from '../../src/time/index.js'

const start = new Date('2030-01-01T00:00:00Z')
const later = (ms: number) => new Date(start.getTime() + ms)

afterEach(() => vi.useRealTimers())

describe('VirtualClock', () => {
  test('stands still until it is advanced', async () => {
    const clock = new VirtualClock(start)
    await immediate()
    expect(clock.now()).toBe(start.getTime())
    await clock.advance('1h30m')
    expect(clock.now()).toBe(later(5_400_000).getTime())
    await clock.advanceTo(later(6_000_000))
    expect(clock.now()).toBe(later(6_000_000).getTime())
  })

  test('starts at the real time when it is given none', () => {
    expect(Math.abs(new VirtualClock().now() - Date.now())).toBeLessThan(60_000)
  })

  test('runs timers in the order they are due, those of one instant in the order they were set', async () => {
    const clock = new VirtualClock(start)
    const ran: string[] = []
    const note = (name: string) => () => void ran.push(`${name}@${clock.now() - start.getTime()}`)
    clock.setTimer(note('c'), 30)
    clock.setTimer(note('a1'), 10)
    clock.setTimer(note('b'), 20)
    clock.setTimer(note('a2'), 10)
    clock.setTimer(note('beyond'), 41)
    await clock.advance(40)
    expect(ran).toEqual(['a1@10', 'a2@10', 'b@20', 'c@30'])
    expect(clock.now()).toBe(later(40).getTime())
  })

  test('keeps ten thousand timers in order', async () => {
    const clock = new VirtualClock(start)
    const ran: number[] = []
    for (let i = 0; i < 10_000; i++) clock.setTimer(() => ran.push(clock.now()), (i * 7919) % 500)
    await clock.advance(500)
    expect(ran).toHaveLength(10_000)
    expect(ran).toEqual([...ran].sort((a, b) => a - b))
  })

  test('does not run a cancelled timer, even when one of the same instant cancels it', async () => {
    const clock = new VirtualClock(start)
    const called = vi.fn()
    let cancelLast = (): void => {}
    clock.setTimer(called, 10)()
    clock.setTimer(() => cancelLast(), 10)
    cancelLast = clock.setTimer(called, 10)
    await clock.advance(20)
    expect(called).not.toHaveBeenCalled()
  })

  test('lets the consequences of a timer happen before the next timer', async () => {
    const clock = new VirtualClock(start)
    const ran: string[] = []
    const consequence = async () => {
      await immediate()
      await Promise.resolve()
      await immediate()
      ran.push(`consequence@${clock.now() - start.getTime()}`)
      clock.setTimer(() => ran.push('new timer'), 5)
    }
    clock.setTimer(() => void consequence(), 10)
    clock.setTimer(() => ran.push('second'), 20)
    await clock.advance(30)
    expect(ran).toEqual(['consequence@10', 'new timer', 'second'])
  })

  test('ends a task of three days together with the long tail of work it starts', async () => {
    const clock = new VirtualClock(start)
    const done: string[] = []
    const worker = async () => {
      await sleep(clock, 3 * 86_400_000)
      for (let step = 0; step < 60; step++) await immediate()
      done.push('stored')
    }
    void worker()
    await clock.advance('3d')
    expect(done).toEqual(['stored'])
  })

  test('lets work that was started before it was advanced set its timers first', async () => {
    const clock = new VirtualClock(start)
    const woken = vi.fn()
    void (async () => {
      for (let step = 0; step < 20; step++) await immediate()
      await sleep(clock, 50)
      woken(clock.now() - start.getTime())
    })()
    await clock.advance(100)
    expect(woken).toHaveBeenCalledWith(50)
  })

  test('runs timers of 0 ms without an advance', async () => {
    const clock = new VirtualClock(start)
    await sleep(clock, 0)
    expect(clock.now()).toBe(start.getTime())
  })

  test('passes hours of a loop that polls twice a second', { timeout: 20_000 }, async () => {
    const clock = new VirtualClock(start)
    let polls = 0
    const poll = () => {
      polls++
      clock.setTimer(poll, 500)
    }
    clock.setTimer(poll, 500)
    await clock.advance('6h')
    expect(polls).toBe(6 * 7200)
  })

  test('says so when timers of 0 ms never end, instead of hanging', async () => {
    const clock = new VirtualClock(start)
    const again = () => void clock.setTimer(again, 0)
    clock.setTimer(again, 10)
    await expect(clock.advance(20)).rejects.toThrow(/Timers of 0 ms keep setting timers of 0 ms.*Give them a delay/)
  })

  test('comes back from a program that never rests', async () => {
    const clock = new VirtualClock(start)
    const stop = new AbortController()
    void (async () => {
      while (!stop.signal.aborted) {
        clock.now()
        await immediate()
      }
    })()
    await clock.advance(1)
    stop.abort()
    expect(clock.now()).toBe(later(1).getTime())
  })

  test('hands on what a callback throws and keeps the timers after it', async () => {
    const clock = new VirtualClock(start)
    const called = vi.fn()
    clock.setTimer(() => {
      throw new Error('callback failed')
    }, 10)
    clock.setTimer(called, 10)
    await expect(clock.advance(20)).rejects.toThrow('callback failed')
    expect(called).not.toHaveBeenCalled()
    await clock.advance(20)
    expect(called).toHaveBeenCalledOnce()
  })

  test('does advances that overlap one after the other', async () => {
    const clock = new VirtualClock(start)
    await Promise.all([clock.advance(10), clock.advance(20)])
    expect(clock.now()).toBe(later(30).getTime())
  })

  test('goes from timer to timer with runNext, and says when there is none', async () => {
    const clock = new VirtualClock(start)
    const ran: number[] = []
    clock.setTimer(() => ran.push(1), 86_400_000)
    clock.setTimer(() => ran.push(2), Number.POSITIVE_INFINITY)
    expect(await clock.runNext()).toBe(true)
    expect(ran).toEqual([1])
    expect(clock.now()).toBe(later(86_400_000).getTime())
    expect(await clock.runNext()).toBe(false)
  })

  test('proceeds while a test holds the global timers still', async () => {
    vi.useFakeTimers()
    const clock = new VirtualClock(start)
    const called = vi.fn()
    clock.setTimer(called, 10)
    await clock.advance(10)
    expect(called).toHaveBeenCalledOnce()
  })

  test('refuses to go back, and dates and delays that are none', async () => {
    const clock = new VirtualClock(start)
    await expect(clock.advanceTo(later(-1))).rejects.toThrow('it is 2030-01-01T00:00:00.000Z already')
    expect(() => clock.advanceTo(new Date(Number.NaN))).toThrow(RangeError)
    expect(() => clock.advance('soon' as never)).toThrow(RangeError)
    expect(() => new VirtualClock(new Date(Number.NaN))).toThrow(RangeError)
    expect(() => clock.setTimer(() => {}, Number.NaN)).toThrow(RangeError)
  })
})
