import { describe, expect, test } from 'vitest'
import { defineTask, exponential, fixed, newSignature, RetryTaskLater, string, taskContext } from '../../src/index.js'
import { MemoryBackend, MemoryBroker, VirtualClock } from '../../src/memory/index.js'
import { launchedServer, newServer } from '../support.js'

function failing(times: number): { runs: number[]; handler: () => string } {
  const runs: number[] = []
  const handler = () => {
    runs.push(taskContext().attempt)
    if (runs.length <= times) throw new Error(`failure ${runs.length}`)
    return 'ok'
  }
  return { runs, handler }
}

describe('a counted retry', () => {
  test('follows Fibonacci seconds until retryCount is used up', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock })
    const startedAt: number[] = []
    server.registerTask('fail', () => {
      startedAt.push(clock.now())
      throw new Error('boom')
    })
    const result = await server.sendTask({ ...newSignature('fail'), retryCount: 4 })
    await clock.advance('1m')
    const gaps = startedAt.slice(1).map((at, index) => at - (startedAt[index] as number))
    expect(gaps).toEqual([1_000, 2_000, 3_000, 5_000])
    expect((await result.getState())?.state).toBe('FAILURE')
  })

  test.each([
    [4, 5_000],
    [10, 13_000],
    [-1, 1_000],
  ])('starts above retryTimeout %i', async (retryTimeout, delayMs) => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock })
    const startedAt: number[] = []
    server.registerTask('fail', () => {
      startedAt.push(clock.now())
      throw new Error('boom')
    })
    await server.sendTask({ ...newSignature('fail'), retryCount: 1, retryTimeout })
    await clock.advance('1m')
    expect((startedAt[1] as number) - (startedAt[0] as number)).toBe(delayMs)
  })

  test('ends in success as soon as one attempt succeeds', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock })
    const { runs, handler } = failing(2)
    server.registerTask('flaky', handler)
    const result = await server.sendTask({ ...newSignature('flaky'), retryCount: 5 })
    await clock.advance('10s')
    expect(await result.touch()).toBe('ok')
    expect(runs).toEqual([1, 2, 3])
  })

  test('shows RETRY between attempts, and never goes back to PENDING', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock })
    server.registerTask('flaky', failing(1).handler)
    const result = await server.sendTask({ ...newSignature('flaky'), retryCount: 1 })
    await clock.advance('500ms')
    expect((await result.getState())?.state).toBe('RETRY')
  })

  test('keeps the record alive for as long as the delay', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock, resultsExpireIn: 2 })
    server.registerTask('slowly', failing(1).handler)
    const result = await server.sendTask({ ...newSignature('slowly'), retryCount: 1, retryTimeout: 55 })
    await clock.advance('50s')
    expect((await result.getState())?.state).toBe('RETRY')
  })
})

describe('RetryTaskLater', () => {
  test('runs the task again after its delay, without using up retryCount', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock })
    const runs: { at: number; retryCount: number }[] = []
    server.registerTask('later', () => {
      runs.push({ at: clock.now(), retryCount: taskContext().signature.retryCount })
      if (runs.length < 4) throw new RetryTaskLater({ delayMs: 1_500 })
      return 'ok'
    })
    const result = await server.sendTask(newSignature('later'))
    await clock.advance('10s')
    expect(await result.touch()).toBe('ok')
    expect(runs.map(({ retryCount }) => retryCount)).toEqual([0, 0, 0, 0])
    expect((runs[1]?.at ?? 0) - (runs[0]?.at ?? 0)).toBe(1_500)
  })

  test('counts as a cause and as a subclass too', async () => {
    class Busy extends RetryTaskLater {}
    const clock = new VirtualClock()
    const server = launchedServer({ clock })
    let runs = 0
    server.registerTask('wrapped', () => {
      runs++
      if (runs === 1) throw new Error('outer', { cause: new RetryTaskLater({ delayMs: 10 }) })
      if (runs === 2) throw new Busy({ delayMs: 10 })
      return 'ok'
    })
    const result = await server.sendTask(newSignature('wrapped'))
    await clock.advance('1s')
    expect(await result.touch()).toBe('ok')
  })

  test('refuses a delay that is none', () => {
    expect(() => new RetryTaskLater({ delayMs: -1 })).toThrow('-1')
    expect(() => new RetryTaskLater({ delayMs: Number.NaN })).toThrow('NaN')
  })
})

describe("a task's own retry policy", () => {
  test('decides how often and how long', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock })
    const task = defineTask('own', { retry: { attempts: 3, backoff: fixed('7s') } })
    const startedAt: number[] = []
    server.registerTask(task, () => {
      startedAt.push(clock.now())
      throw new Error('boom')
    })
    await server.sendTask(task.s())
    await clock.advance('1m')
    expect(startedAt.map((at) => at - (startedAt[0] as number))).toEqual([0, 7_000, 14_000])
  })

  test('may refuse to retry an error', async () => {
    const server = launchedServer()
    let runs = 0
    const retryOn = (error: unknown) => error instanceof Error && error.message !== 'no use'
    const task = defineTask('choosy', { args: [string], retry: { attempts: 5, backoff: exponential('1ms'), retryOn } })
    server.registerTask(task, (text) => {
      runs++
      throw new Error(text)
    })
    const result = await server.sendTask(task.s('no use'))
    await expect(result.get()).rejects.toThrow('no use')
    expect(runs).toBe(1)
  })

  test('fails the task where the broker cannot hold the delay', async () => {
    const clock = new VirtualClock()
    const broker = new MemoryBroker({ clock })
    const short = new Proxy(broker, {
      get: (target, key) => {
        if (key === 'capabilities') return { ...target.capabilities, maxDelayMs: 1_000 }
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const server = newServer({ clock }, short, new MemoryBackend({ clock }))
    void server.newWorker('w', 1).launch()
    server.registerTask('later', () => {
      throw new RetryTaskLater({ delayMs: 5_000, message: 'not yet' })
    })
    const result = await server.sendTask(newSignature('later'))
    await clock.advance('1s')
    await expect(result.touch()).rejects.toThrow(/not yet .*cannot be tried again: Cannot delay .* 5000 ms/)
  })
})
