import { describe, expect, test } from 'vitest'
import { chain, chord, defineTask, group, int, newSignature, rest } from '../../src/index.js'
import { VirtualClock } from '../../src/memory/index.js'
import { launchedServer } from '../support.js'

const sum = defineTask('sum', { args: [rest(int)], result: int })

describe('a task that runs longer than records live', () => {
  test('keeps its own record, so that those who wait get its result', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock, resultsExpireIn: 2 })
    server.registerTask('long', () => new Promise((resolve) => clock.setTimer(() => resolve('done'), 10_000)))
    const result = await server.sendTask(newSignature('long'))
    const value = result.get({ timeout: '1m' })
    await clock.advance('9s')
    expect((await result.getState())?.state).toBe('STARTED')
    await clock.advance('1s')
    expect(await value).toBe('done')
  })

  test('RB-10: keeps the group it belongs to, and what the others returned', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock, resultsExpireIn: 2 })
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    const slow = defineTask('slow', { args: [int], result: int })
    server.registerTask(slow, (n) => new Promise((resolve) => clock.setTimer(() => resolve(n), 5_000)))
    const run = await server.sendChord(
      chord(group(sum.s(1), slow.s(2), chain(slow.s(3), slow.s(), sum.s())), sum.s(100)),
    )
    const value = run.get({ timeout: '1m' })
    await clock.advance('20s')
    expect(await value).toBe(106)
  })

  test('leaves no timer behind', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock, resultsExpireIn: 3_600 })
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    expect(await (await server.sendTask(sum.s(1))).get()).toBe(1)
    await clock.advance('1h')
    await clock.advance('1h')
    expect(await (await server.sendTask(sum.s(2))).get()).toBe(2)
  })
})
