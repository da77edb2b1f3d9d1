import { describe, expect, test } from 'vitest'
import {
  type Clock,
  chain,
  chord,
  defineTask,
  group,
  int,
  newChain,
  newChord,
  newGroup,
  newSignature,
  rest,
  type Server,
} from '../../src/index.js'
import { NullBackend, VirtualClock } from '../../src/memory/index.js'
import { tickUuid } from '../../src/schedule/index.js'
import { launchedServer, newServer, recordingLogger, until } from '../support.js'
import { minute, replaced, start, ticks, World } from './periodic-support.js'

const sum = defineTask('sum', { args: [rest(int)], result: int })
const at = (text: string): Date => new Date(`2030-01-01T${text}Z`)

/** Counts the runs of `sum` and `total`, and what `total` was given. */
function runSums(server: Server): { readonly totals: number[]; sums: number } {
  const seen = { totals: [] as number[], sums: 0 }
  server.registerTask(sum, (...numbers) => {
    seen.sums++
    return numbers.reduce((a, b) => a + b, 0)
  })
  server.registerTask('total', (...numbers: number[]) => {
    seen.totals.push(numbers.reduce((a, b) => a + b, 0))
  })
  void server.newWorker('w', 4).launch()
  return seen
}

describe('a periodic task', () => {
  test('is sent at each tick, and not before', async () => {
    const world = new World(new Date('2029-12-31T23:58:01.500Z'))
    const server = world.server()
    await server.registerPeriodicTask('*/5 * * * *', 'often', sum.s(1))
    await world.clock.advanceTo(new Date(start.getTime() - 1))
    expect(await world.messages()).toHaveLength(0)
    await world.clock.advanceTo(at('01:00:00'))
    const expected = ticks(start, at('01:00:00'), 5 * minute).map((tick) =>
      tickUuid('task', 'prog', 'often', '*/5 * * * *', tick),
    )
    expect((await world.messages()).map(({ uuid }) => uuid)).toEqual(expected)
  })

  test('runs on the wall clock of its zone, through a change of clocks', async () => {
    // In Paris 02:30 does not exist on 31 March 2030: it is 03:00 then, which is 01:00 UTC.
    const world = new World(new Date('2030-03-30T00:00:00Z'))
    const server = world.server()
    const runs: string[] = []
    server.registerTask('report', () => void runs.push(new Date(world.clock.now()).toISOString()))
    void server.newWorker('w', 1).launch()
    await server.registerPeriodicTask('30 2 * * ?', 'nightly', newSignature('report'), { timeZone: 'Europe/Paris' })
    expect(server.listPeriodic()).toMatchObject([{ timeZone: 'Europe/Paris', next: new Date('2030-03-30T01:30:00Z') }])
    await world.clock.advance('3d')
    expect(runs).toEqual(['2030-03-30T01:30:00.000Z', '2030-03-31T01:00:00.000Z', '2030-04-01T00:30:00.000Z'])
  })

  test('@every counts from the epoch, wherever and whenever it is started', async () => {
    const world = new World(at('00:00:07.300'))
    const server = world.server()
    await server.registerPeriodicTask('@every 10s', 'a', sum.s(1))
    await world.clock.advanceTo(at('00:00:33'))
    const expected = ticks(at('00:00:10'), at('00:00:30'), 10_000).map((tick) =>
      tickUuid('task', 'prog', 'a', '@every 10s', tick),
    )
    expect((await world.messages()).map(({ uuid }) => uuid)).toEqual(expected)
  })

  test('P-7: has a fresh UUID at each tick, also where the template has one', async () => {
    const world = new World()
    const server = world.server()
    const callback = { ...newSignature('after'), uuid: 'my-callback' }
    const template = { ...newSignature('sum'), uuid: 'my-own', onSuccess: [callback] }
    await server.registerPeriodicTask('* * * * *', 'preset', template)
    await world.clock.advance('3m')
    const sent = await world.messages()
    const uuids = sent.flatMap((one) => [one.uuid, ...one.onSuccess.map(({ uuid }) => uuid)])
    expect(new Set(uuids).size).toBe(6)
    expect(uuids.filter((uuid) => uuid.startsWith('my-'))).toEqual([])
  })

  test('P5: keeps its template as it was, and the caller his signature', async () => {
    const world = new World()
    const server = world.server()
    server.setPrePublishHandler((signature) => {
      ;(signature.args as unknown[]).push({ type: 'string', value: 'added' })
    })
    const template = newSignature('sum', [{ type: '[]int64', value: [1, 2] }])
    const before = structuredClone(template)
    await server.registerPeriodicTask('* * * * *', 'kept', template)
    await world.clock.advance('1m')
    expect(template).toEqual(before)
    const [arg] = template.args as unknown as [{ value: number[] }]
    arg.value.push(3)
    template.name = 'other'
    await world.clock.advance('1m')
    const sent = await world.messages()
    expect(sent.map(({ name, args }) => [name, args.length, args[0]?.value])).toEqual([
      ['sum', 2, [1, 2]],
      ['sum', 2, [1, 2]],
    ])
  })

  test('with a delay runs that long after each tick', async () => {
    const world = new World()
    const server = world.server()
    const runs: string[] = []
    server.registerTask('late', () => void runs.push(new Date(world.clock.now()).toISOString().slice(11, 19)))
    void server.newWorker('w', 1).launch()
    await server.registerPeriodicTask('*/10 * * * *', 'delayed', sum.s().with({ delay: '90s' }))
    await server.registerPeriodicTask('*/10 * * * *', 'delayed too', {
      ...sum.s().with({ delay: '3m' }),
      name: 'late',
    })
    await world.clock.advance('25m')
    expect(runs).toEqual(['00:13:00', '00:23:00'])
  })

  test('with a delay counts from the tick, also where the tick itself is late', async () => {
    const world = new World()
    const server = world.server()
    await server.registerPeriodicTask('*/10 * * * *', 'delayed', sum.s().with({ delay: '3m' }))
    server.pausePeriodic('delayed')
    await world.clock.advance(10 * minute + 40_000)
    server.resumePeriodic('delayed')
    await world.clock.advance(0)
    const [delayed] = await world.broker.delayedMessages(10)
    expect(delayed?.deliverAt).toEqual(at('00:13:00'))
  })

  test('P-1, P-2: takes the lock of Machinery, key and value', async () => {
    const world = new World(new Date('2024-01-31T23:58:01.500Z'))
    const asked: [string, bigint][] = []
    const lock = replaced(world.lock, {
      acquire: (key, options) => {
        asked.push([key, options.until])
        return world.lock.acquire(key, options)
      },
    })
    const server = world.server({ programName: 't4' }, { lock })
    await server.registerPeriodicTask('TZ=UTC */5 * * * *', 'periodic-task', sum.s(1))
    await world.clock.advance('2m')
    const key = 'machinery_lock_t4periodic-taskTZ=UTC */5 * * * *'
    expect(asked.filter(([name]) => name === key)).toEqual([[key, 1706745899999999999n]])
  })
})

describe('on the embedded default', () => {
  test.each([{}, { eager: true }])('with %j, a task runs at each tick', async (options) => {
    const clock = new VirtualClock(start)
    const server = newServer({ clock, ...options })
    let runs = 0
    server.registerTask('count', () => ++runs)
    if (!('eager' in options)) void server.newWorker('w', 1).launch()
    await server.registerPeriodicTask('*/10 * * * *', 'x', newSignature('count'))
    await clock.advance('1h')
    expect(runs).toBe(6)
  })

  test('on the real clock, tasks run every second, none too early and none left out', async () => {
    const server = launchedServer()
    const times = new Map<string, number[]>()
    server.registerTask('count', (name: string) => void times.set(name, [...(times.get(name) ?? []), Date.now()]))
    const from = Date.now()
    const names = Array.from({ length: 20 }, (_, index) => `task ${index}`)
    for (const name of names) {
      await server.registerPeriodicTask('@every 1s', name, newSignature('count', [{ type: 'string', value: name }]))
    }
    const first = (Math.floor(from / 1_000) + 1) * 1_000
    await until(() => names.every((name) => (times.get(name)?.length ?? 0) >= 3), 15_000)
    for (const name of names) {
      for (const [index, time] of times.get(name)?.entries() ?? []) {
        expect(time).toBeGreaterThanOrEqual(first + 1_000 * index)
      }
    }
  }, 20_000)

  test('a tick that becomes due while the timer is set again is not left waiting', async () => {
    // A timer that comes a millisecond early, and a clock that moves on between two looks at it.
    const world = new World()
    let sinceTimer = Number.POSITIVE_INFINITY
    const clock: Clock = {
      now: () => world.clock.now() - (sinceTimer++ === 0 ? 1 : 0),
      setTimer: (callback, ms) =>
        world.clock.setTimer(() => {
          if (ms > 0) sinceTimer = 0
          callback()
        }, ms),
    }
    const server = world.server({ clock })
    await server.registerPeriodicTask('@every 10s', 'x', sum.s(1))
    await world.clock.advance('61s')
    expect(await world.messages()).toHaveLength(6)
  })
})

describe('periodic workflows', () => {
  test.each<[string, (server: Server) => Promise<void>, number]>([
    ['a chain', (s) => s.registerPeriodicChain('* * * * *', 'x', chain(sum.s(1), sum.s(2), newSignature('total'))), 3],
    [
      'a list of signatures in order',
      (s) => s.registerPeriodicChain('* * * * *', 'x', [sum.s(1), sum.s(2), newSignature('total')]),
      3,
    ],
    [
      'a chain of newChain',
      (s) => s.registerPeriodicChain('* * * * *', 'x', newChain(sum.s(1), sum.s(2), newSignature('total'))),
      3,
    ],
    [
      'a chord',
      (s) => s.registerPeriodicChord('* * * * *', 'x', chord(group(sum.s(1), sum.s(2)), newSignature('total'))),
      3,
    ],
    [
      'a chord of newChord',
      (s) => s.registerPeriodicChord('* * * * *', 'x', newChord(newGroup(sum.s(1), sum.s(2)), newSignature('total'))),
      3,
    ],
    [
      'a nested one',
      (s) =>
        s.registerPeriodicChain(
          '* * * * *',
          'x',
          chain(sum.s(), group(sum.s(1), chain(sum.s(1), sum.s(1))), newSignature('total')),
          {},
        ),
      3,
    ],
  ])('%s has its effect once at each tick', async (_, register, effect) => {
    const world = new World()
    const server = world.server()
    const seen = runSums(server)
    await register(server)
    await world.clock.advance('10m')
    expect(seen.totals).toEqual(Array(10).fill(effect))
    expect(server.listPeriodic()[0]).toMatchObject({ lastOutcome: 'sent', lastTick: at('00:10:00') })
  })

  test.each<[string, (server: Server) => Promise<void>]>([
    ['a group', (s) => s.registerPeriodicGroup('* * * * *', 'x', group(sum.s(1), sum.s(2)), { sendConcurrency: 1 })],
    ['signatures side by side', (s) => s.registerPeriodicGroup('* * * * *', 'x', [sum.s(1), sum.s(2)])],
    ['a group of newGroup', (s) => s.registerPeriodicGroup('* * * * *', 'x', newGroup(sum.s(1), sum.s(2)))],
  ])('%s runs every member at each tick', async (_, register) => {
    const world = new World()
    const server = world.server()
    await register(server)
    await world.clock.advance('3m')
    const sent = await world.messages()
    expect(sent.map(({ args }) => args[0]?.value)).toEqual([1, 2, 1, 2, 1, 2])
    expect(new Set(sent.map(({ uuid }) => uuid)).size).toBe(6)
    expect(new Set(sent.map(({ groupUuid }) => groupUuid)).size).toBe(3)
    const [first] = sent
    const record = await world.backend.readGroup(first?.groupUuid ?? '')
    expect(record?.taskUuids).toEqual(sent.slice(0, 2).map(({ uuid }) => uuid))
  })

  test('hand-linked signatures that share a callback go on sharing it', async () => {
    const world = new World()
    const server = world.server()
    const seen = runSums(server)
    const callback = newSignature('total')
    await server.registerPeriodicGroup('* * * * *', 'x', newChord(newGroup(sum.s(4), sum.s(5)), callback).group)
    await world.clock.advance('2m')
    expect(seen.totals).toEqual([9, 9])
  })
})

describe('registering is refused for', () => {
  const evil = [
    '',
    '* * * * * *',
    '60 * * * *',
    '* * * * 7',
    '@reboot',
    '0 0 30 2 *',
    '* * 31 2,4,6,9,11 *',
    `${'*/1,'.repeat(5_000)}* * * * *`,
    `${'9'.repeat(100_000)} * * * *`,
    `@every ${'9'.repeat(990)}h`,
    `TZ=${'a/'.repeat(450)} * * * * *`,
    '*/0 * * * *',
  ]

  test.each(evil.map((spec) => [spec.slice(0, 30), spec]))('S06: the spec %j, within 5 ms', async (_, spec) => {
    const server = new World().server()
    const once = async (): Promise<number> => {
      const from = performance.now()
      await expect(server.registerPeriodicTask(spec, 'evil', sum.s(1))).rejects.toMatchObject({
        code: 'MACHINERY_CONFIGURATION',
      })
      return performance.now() - from
    }
    const took = [await once(), await once(), await once(), await once(), await once()]
    expect(Math.min(...took)).toBeLessThan(5)
    expect(server.listPeriodic()).toEqual([])
  })

  test('a name that is taken, until it is removed', async () => {
    const server = new World().server()
    await server.registerPeriodicTask('* * * * *', 'one', sum.s(1))
    await expect(server.registerPeriodicTask('@daily', 'one', sum.s(1))).rejects.toThrow(
      'A periodic task "one" is already registered. Remove it first',
    )
    expect(server.removePeriodic('one')).toBe(true)
    await server.registerPeriodicTask('@daily', 'one', sum.s(1))
  })

  test('no name', async () => {
    const server = new World().server()
    await expect(server.registerPeriodicTask('* * * * *', '', sum.s(1))).rejects.toThrow(TypeError)
  })

  test('an eta, wherever it is', async () => {
    const server = new World().server()
    const fixed = sum.s(1).with({ eta: at('01:00:00') })
    const wanted = 'with the eta 2030-01-01T01:00:00.000Z: that is one instant'
    await expect(server.registerPeriodicTask('* * * * *', 'x', fixed)).rejects.toThrow(wanted)
    await expect(server.registerPeriodicChain('* * * * *', 'x', chain(sum.s(1), fixed))).rejects.toThrow(wanted)
    await expect(server.registerPeriodicChord('* * * * *', 'x', chord(group(sum.s(1)), fixed))).rejects.toThrow(wanted)
  })

  test('nothing to send', async () => {
    const server = new World().server()
    await expect(server.registerPeriodicGroup('* * * * *', 'x', group())).rejects.toThrow('has no task to send')
  })

  test('what could not be sent at the ticks', async () => {
    const server = new World().server()
    const unsendable = newSignature('sum', [{ type: 'int64', value: 'one' }])
    await expect(server.registerPeriodicTask('* * * * *', 'x', unsendable)).rejects.toMatchObject({
      code: 'MACHINERY_INVALID_SIGNATURE',
    })
    const broken = { tasks: [{ ...newSignature('sum'), uuid: '' }] }
    await expect(server.registerPeriodicChain('* * * * *', 'x', broken)).rejects.toThrow('has no UUID')
    await expect(
      server.registerPeriodicGroup('* * * * *', 'x', group(sum.s(1)), { sendConcurrency: -1 }),
    ).rejects.toThrow('sendConcurrency must be')
  })

  test('options that make no sense', async () => {
    const server = new World().server()
    const register = (options: object) => server.registerPeriodicTask('* * * * *', 'x', sum.s(1), options)
    await expect(register({ timeZone: 'Europe/Nowhere' })).rejects.toThrow('Unknown time zone "Europe/Nowhere"')
    await expect(register({ overlap: 'queue' })).rejects.toThrow(`overlap must be 'allow' or 'skip', got "queue"`)
    await expect(register({ catchUp: 'soon' })).rejects.toThrow('catchUp is no duration: "soon"')
  })

  test('what the backend cannot do', async () => {
    const world = new World()
    const server = world.server({}, { backend: new NullBackend() as never })
    await expect(server.registerPeriodicTask('* * * * *', 'x', sum.s(1), { overlap: 'skip' })).rejects.toMatchObject({
      code: 'MACHINERY_UNSUPPORTED',
    })
    await expect(server.registerPeriodicGroup('* * * * *', 'x', group(sum.s(1)))).rejects.toMatchObject({
      code: 'MACHINERY_UNSUPPORTED',
    })
    await server.registerPeriodicTask('* * * * *', 'x', sum.s(1))
    await world.clock.advance('2m')
    expect(await world.messages()).toHaveLength(2)
  })

  test('a signature that lacks arguments, by the type checker', async () => {
    const needs = defineTask('needs', { args: [int], result: int })
    const server = new World().server()
    // @ts-expect-error Arguments are missing: int64.
    await server.registerPeriodicTask('* * * * *', 'x', needs.s())
    await server.registerPeriodicTask('* * * * *', 'y', needs.s(1))
  })
})

describe('listing, pausing, removing, closing', () => {
  test('tells what is registered and what became of the last tick', async () => {
    const world = new World()
    const server = world.server()
    await server.registerPeriodicTask('@hourly', 'a', sum.s(1), { timeZone: 'UTC' })
    await server.registerPeriodicChain('@every 1m', 'b', chain(sum.s(1), sum.s(2)))
    expect(server.listPeriodic()).toEqual([
      { name: 'a', kind: 'task', spec: '@hourly', timeZone: 'UTC', next: at('01:00:00'), isPaused: false },
      { name: 'b', kind: 'chain', spec: '@every 1m', next: at('00:01:00'), isPaused: false },
    ])
    await world.clock.advance('90s')
    expect(server.listPeriodic()[1]).toEqual({
      name: 'b',
      kind: 'chain',
      spec: '@every 1m',
      next: at('00:02:00'),
      lastTick: at('00:01:00'),
      lastOutcome: 'sent',
      isPaused: false,
    })
  })

  test('a removed task is sent no more', async () => {
    const world = new World()
    const server = world.server()
    await server.registerPeriodicTask('* * * * *', 'a', sum.s(1))
    await world.clock.advance('2m')
    expect(server.removePeriodic('a')).toBe(true)
    expect(server.removePeriodic('a')).toBe(false)
    await world.clock.advance('5m')
    expect(await world.messages()).toHaveLength(2)
    expect(server.listPeriodic()).toEqual([])
  })

  test('a paused task is not sent; resumed, it makes up for what is inside its catch-up window', async () => {
    const world = new World()
    const logger = recordingLogger()
    const server = world.server({ logger })
    await server.registerPeriodicTask('* * * * *', 'a', sum.s(1), { catchUp: '3m' })
    await world.clock.advance('1m')
    expect(server.pausePeriodic('a')).toBe(true)
    await world.clock.advance('9m')
    expect(await world.messages()).toHaveLength(1)
    expect(server.listPeriodic()).toMatchObject([{ isPaused: true, lastTick: at('00:01:00'), next: at('00:11:00') }])
    expect(server.resumePeriodic('a')).toBe(true)
    await world.clock.advance(0)
    const late = ticks(at('00:07:00'), at('00:10:00'), minute).map((tick) =>
      tickUuid('task', 'prog', 'a', '* * * * *', tick),
    )
    expect((await world.messages()).slice(1).map(({ uuid }) => uuid)).toEqual(late)
    expect(logger.lines).toContainEqual(
      expect.stringMatching(
        /^warn: Periodic task "a": its ticks from 2030-01-01T00:02:00.000Z to 2030-01-01T00:06:00.000Z are dropped/,
      ),
    )
    await world.clock.advance('2m')
    expect(await world.messages()).toHaveLength(7)
    expect([server.pausePeriodic('b'), server.resumePeriodic('b')]).toEqual([false, false])
  })

  test('closing the server stops all of them, and no timer is left', async () => {
    const world = new World()
    const server = world.server()
    await server.registerPeriodicTask('* * * * *', 'a', sum.s(1))
    await server.registerPeriodicTask('@every 1s', 'b', sum.s(1))
    await world.clock.advance('61s')
    const sent = (await world.messages()).length
    await server.close()
    expect(await world.clock.runNext()).toBe(false)
    await world.clock.advance('5m')
    expect(await world.messages()).toHaveLength(sent)
    await expect(server.registerPeriodicTask('* * * * *', 'c', sum.s(1))).rejects.toMatchObject({
      code: 'MACHINERY_CLOSED',
    })
  })
})

describe('overlapping runs', () => {
  async function longRuns(overlap: 'allow' | 'skip', kind: 'task' | 'chain' | 'group'): Promise<string[]> {
    const world = new World()
    const server = world.server()
    const began: string[] = []
    server.registerTask('long', async () => {
      began.push(new Date(world.clock.now()).toISOString().slice(11, 16))
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 3.5 * minute))
    })
    server.registerTask('short', () => undefined)
    void server.newWorker('w', 10).launch()
    const [long, short] = [newSignature('long'), newSignature('short')]
    if (kind === 'task') await server.registerPeriodicTask('* * * * *', 'x', long, { overlap })
    if (kind === 'chain') await server.registerPeriodicChain('* * * * *', 'x', [short, long, short], { overlap })
    if (kind === 'group') await server.registerPeriodicGroup('* * * * *', 'x', [short, long], { overlap })
    await world.clock.advance('10m')
    if (overlap === 'skip') expect(server.listPeriodic()).toMatchObject([{ lastOutcome: 'skipped' }])
    await world.clock.advance('5m')
    server.removePeriodic('x')
    await world.clock.advance('5m')
    return began.slice(0, 4)
  }

  test('are allowed, as in Machinery', async () => {
    expect(await longRuns('allow', 'task')).toEqual(['00:01', '00:02', '00:03', '00:04'])
  })

  test.each(['task', 'chain', 'group'] as const)(
    'of a %s are skipped for as long as the first goes on',
    async (kind) => {
      expect(await longRuns('skip', kind)).toEqual(['00:01', '00:05', '00:09', '00:13'])
    },
  )

  test('of a chain are skipped also between two of its steps', async () => {
    const world = new World()
    const server = world.server()
    await server.registerPeriodicChain('* * * * *', 'x', chain(sum.s(1), sum.s(2)), { overlap: 'skip' })
    await world.clock.advance('1m')
    const [first] = await world.messages()
    const end = async (taskUuid = ''): Promise<void> => {
      const state = { taskUuid, taskName: 'sum', state: 'SUCCESS', results: [], error: '', createdAt: '' } as const
      await world.backend.saveStates([{ state, expiresInMs: 3_600_000 }])
    }
    await end(first?.uuid)
    await world.clock.advance('1m')
    expect(server.listPeriodic()).toMatchObject([{ lastTick: at('00:02:00'), lastOutcome: 'skipped' }])
    await end(first?.onSuccess[0]?.uuid)
    await world.clock.advance('1m')
    expect(server.listPeriodic()).toMatchObject([{ lastTick: at('00:03:00'), lastOutcome: 'sent' }])
  })

  test('are seen by a scheduler that was started in between, and a failed run has ended', async () => {
    const world = new World()
    const first = world.server()
    let runs = 0
    first.registerTask('long', async () => {
      runs++
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 5.5 * minute))
      throw new Error('failed in the end')
    })
    void first.newWorker('w', 10).launch()
    await first.registerPeriodicTask('* * * * *', 'x', newSignature('long'), { overlap: 'skip' })
    await world.clock.advance('3m')
    first.removePeriodic('x')
    const second = world.server()
    await second.registerPeriodicTask('* * * * *', 'x', newSignature('long'), { overlap: 'skip' })
    await world.clock.advance('3m')
    expect(runs).toBe(1)
    await world.clock.advance('1m')
    expect(runs).toBe(2)
    second.removePeriodic('x')
    await world.clock.advance('6m')
  })
})

describe('a broker that is away at a tick', () => {
  function faultyWorld() {
    const world = new World()
    const fault = { is: false }
    const broker = replaced(world.broker, {
      publish: async (messages) =>
        fault.is
          ? messages.map(() => ({ status: 'rejected', error: new Error('broker is away') }) as const)
          : world.broker.publish(messages),
    })
    const logger = recordingLogger()
    return { world, fault, logger, server: world.server({ logger }, { broker }) }
  }

  test('gets the tick when it is back, inside the catch-up window', async () => {
    const { world, fault, server } = faultyWorld()
    await server.registerPeriodicTask('*/10 * * * *', 'a', sum.s(1))
    fault.is = true
    await world.clock.advance(10 * minute + 30_000)
    expect(await world.messages()).toHaveLength(0)
    fault.is = false
    await world.clock.advance('20s')
    const [sent, ...others] = await world.messages()
    expect(sent?.uuid).toBe(tickUuid('task', 'prog', 'a', '*/10 * * * *', at('00:10:00')))
    expect(others).toEqual([])
  })

  test('loses the tick after it, with an error, and gets the next one', async () => {
    const { world, fault, logger, server } = faultyWorld()
    await server.registerPeriodicTask('*/10 * * * *', 'a', sum.s(1))
    fault.is = true
    await world.clock.advance('15m')
    expect(server.listPeriodic()).toMatchObject([{ lastOutcome: 'failed', lastTick: at('00:10:00') }])
    expect(logger.lines).toContainEqual(
      expect.stringMatching(
        /^error: Periodic task "a": the tick of 2030-01-01T00:10:00.000Z was not sent: .*broker is away/,
      ),
    )
    fault.is = false
    await world.clock.advance('6m')
    expect((await world.messages()).map(({ uuid }) => uuid)).toEqual([
      tickUuid('task', 'prog', 'a', '*/10 * * * *', at('00:20:00')),
    ])
  })

  test('cancels a group that was sent in part only', async () => {
    const world = new World()
    let published = 0
    const broker = replaced(world.broker, {
      publish: async (messages) =>
        published++ > 0
          ? messages.map(() => ({ status: 'rejected', error: new Error('full') }) as const)
          : world.broker.publish(messages),
    })
    const server = world.server({}, { broker })
    await server.registerPeriodicGroup('@daily', 'a', group(sum.s(1), sum.s(2)), { sendConcurrency: 1 })
    await world.clock.advance(86_400_000 + 2 * minute)
    const [sent] = await world.messages()
    const [state] = await world.backend.readStates([sent?.uuid ?? ''])
    expect(state).toMatchObject({ state: 'FAILURE', error: expect.stringContaining('was cancelled') })
  })
})
