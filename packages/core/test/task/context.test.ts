import { describe, expect, test } from 'vitest'
import { newSignature } from '../../src/signature/index.js'
import { currentTaskContext, runWithContext, TaskRun, taskContext } from '../../src/task/index.js'

const newRun = (): TaskRun => new TaskRun({ signature: newSignature('t', []), log: console, attempt: 1 })

describe('taskContext()', () => {
  test('gives the run it is called in, through awaits and calls', async () => {
    const runs = [newRun(), newRun()]
    const seen = runs.map((run) =>
      runWithContext(run, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return [taskContext(), await Promise.all([1].map(async () => currentTaskContext()))] as const
      }),
    )
    expect(await Promise.all(seen)).toEqual(runs.map((run) => [run, [run]]))
    for (const [index, result] of (await Promise.all(seen)).entries()) expect(result[0]).toBe(runs[index])
  })

  test('is an error outside a task, where currentTaskContext() gives undefined', () => {
    expect(() => taskContext()).toThrow(/outside a task/)
    expect(currentTaskContext()).toBeUndefined()
    expect(runWithContext(newRun(), () => 7)).toBe(7)
    expect(currentTaskContext()).toBeUndefined()
  })
})

describe('the signal of a run', () => {
  test('aborts with the reason given first, asked for before or after', () => {
    const [early, late] = [newRun(), newRun()]
    const { signal } = early
    expect(early.signal).toBe(signal)
    for (const run of [early, late]) {
      expect(run.isAborted).toBe(false)
      run.abort('timeout')
      run.abort('other')
      expect(run.isAborted).toBe(true)
      expect(run.signal).toMatchObject({ aborted: true, reason: 'timeout' })
    }
    expect(signal.aborted).toBe(true)
  })
})
