import { describe, expect, test } from 'vitest'
import { defineTask, int, newSignature } from '../../src/index.js'
import { minute, start, World } from './periodic-support.js'

const add = defineTask('add', { args: [int], result: int })
const day = 86_400_000

function runTimes(world: World): Date[] {
  const times: Date[] = []
  const server = world.server()
  server.registerTask(add, (n) => {
    times.push(new Date(world.clock.now()))
    return n
  })
  void server.newWorker('w', 1).launch()
  return times
}

describe('S07: an ETA', () => {
  test.each([
    ['24.8 days away, where timers of Node overflow', new Date(start.getTime() + 2 ** 31)],
    ['25 days away', new Date(start.getTime() + 25 * day)],
    ['years away', new Date('2035-06-01T12:34:56.789Z')],
    ['at the end of the year 9999', new Date('9999-12-31T23:59:59.999Z')],
  ])('%s is kept to the millisecond', async (_, eta) => {
    const world = new World()
    const times = runTimes(world)
    await world.server().sendTask(add.s(1).with({ eta }))
    await world.clock.advanceTo(new Date(eta.getTime() - 1))
    expect(times).toEqual([])
    await world.clock.advance(1)
    expect(times).toEqual([eta])
  })

  test.each([new Date(start.getTime() - minute), new Date(0), new Date('0001-01-01T00:00:00Z')])(
    'in the past (%s) is now',
    async (eta) => {
      const world = new World()
      const times = runTimes(world)
      await world.server().sendTask(add.s(1).with({ eta }))
      await world.clock.advance(0)
      expect(times).toEqual([start])
    },
  )

  test('that is no date is refused where it is set', () => {
    expect(() => add.s(1).with({ eta: new Date(Number.NaN) })).toThrow('The eta of a signature is an invalid Date.')
  })

  test.each([
    new Date(Number.NaN),
    new Date('+010000-01-01T00:00:00Z'),
    new Date('-000001-01-01T00:00:00Z'),
    'tomorrow' as never,
  ])('that cannot travel (%s) is refused when it is sent, and nothing is', async (eta) => {
    const world = new World()
    await expect(world.server().sendTask({ ...newSignature('add'), eta })).rejects.toMatchObject({
      code: 'MACHINERY_INVALID_SIGNATURE',
      message: expect.stringContaining('eta'),
    })
    expect(await world.messages()).toEqual([])
  })

  test('beyond the year 9999 by its delay is refused when it is sent', async () => {
    const world = new World()
    await expect(world.server().sendTask(add.s(1).with({ delay: 8_000 * 366 * day }))).rejects.toMatchObject({
      code: 'MACHINERY_INVALID_SIGNATURE',
    })
  })
})
