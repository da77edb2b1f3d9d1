import { describe, expect, test } from 'vitest'
import { chord, defineTask, group, int, type Lock, newSignature, rest, type Server } from '../../src/index.js'
import { MemoryBackend, MemoryLock } from '../../src/memory/index.js'
import { lockKey, lockUntil, parseSchedule, tickUuid } from '../../src/schedule/index.js'
import { recordingLogger } from '../support.js'
import { minute, ProcessClock, replaced, start, ticks, World, WrongClock } from './periodic-support.js'

const sum = defineTask('sum', { args: [rest(int)], result: int })
const at = (text: string): Date => new Date(`2030-01-01T${text}Z`)
const everyMinute = '* * * * *'

function uuidsOf(from: Date, to: Date, spec = everyMinute): string[] {
  return ticks(from, to, minute).map((tick) => tickUuid('task', 'prog', 'x', spec, tick))
}

const sentBy = async (world: World): Promise<string[]> => (await world.messages()).map(({ uuid }) => uuid)

/** A lock of which every call fails. */
function brokenLock(): Lock {
  return {
    name: 'broken',
    acquire: () => Promise.reject(new Error('lock server is down')),
    close: () => Promise.resolve(),
  }
}

/** Counts the effects of `sum` by UUID. */
function countEffects(server: Server, concurrency = 5): Map<string, number> {
  const effects = new Map<string, number>()
  server.registerTask('sum', (key: string) => void effects.set(key, (effects.get(key) ?? 0) + 1))
  void server.newWorker('w', concurrency).launch()
  return effects
}

describe('S01: five schedulers', () => {
  test('send each of 300 ticks once', async () => {
    const world = new World()
    for (let index = 0; index < 5; index++) {
      await world.server().registerPeriodicTask(everyMinute, 'x', sum.s(1))
    }
    await world.clock.advance('5h')
    expect(await sentBy(world)).toEqual(uuidsOf(at('00:01:00'), at('05:00:00')))
  })

  test('send each tick of @every once, however they were started', async () => {
    const world = new World()
    for (let index = 0; index < 5; index++) {
      await world.server().registerPeriodicTask('@every 7s', 'x', sum.s(1))
      await world.clock.advance(1_300)
    }
    await world.clock.advance('10m')
    const sent = await sentBy(world)
    expect(new Set(sent).size).toBe(sent.length)
    expect(Math.abs(sent.length - 606.5 / 7)).toBeLessThan(1.5)
  })

  test('tell which of them sent what', async () => {
    const world = new World()
    const [one, other] = [world.server(), world.server()]
    await one.registerPeriodicTask(everyMinute, 'x', sum.s(1))
    await other.registerPeriodicTask(everyMinute, 'x', sum.s(1))
    await world.clock.advance('90s')
    expect([one, other].map((server) => server.listPeriodic()[0]?.lastOutcome).sort()).toEqual(['elsewhere', 'sent'])
  })
})

describe('S02: without a working lock', () => {
  test('every scheduler may send, but all send the same UUIDs, and hardly ever more than one does', async () => {
    const world = new World()
    const logger = recordingLogger()
    for (let index = 0; index < 5; index++) {
      await world.server({ logger }, { lock: brokenLock() }).registerPeriodicTask(everyMinute, 'x', sum.s(1))
    }
    await world.clock.advance(300 * minute + 30_000)
    const sent = await sentBy(world)
    expect(new Set(sent)).toEqual(new Set(uuidsOf(at('00:01:00'), at('05:00:00'))))
    expect(sent.length).toBeLessThan(330)
    const worker = world.server()
    let runs = 0
    worker.registerTask(sum, () => ++runs)
    void worker.newWorker('w', 5).launch()
    await world.clock.advance('1s')
    expect(runs).toBe(300)
    expect(logger.lines).toContainEqual(
      expect.stringMatching(/^warn: .* is handled without its lock.*lock server is down/),
    )
  })

  test('a lock that says yes to everybody sends duplicates of the same UUID and body', async () => {
    const world = new World(at('00:00:30'))
    const generous: Lock = { ...brokenLock(), acquire: () => Promise.resolve(true) }
    for (const offset of [0, -1_000, -2_500]) {
      const scheduler = world.server({ clock: new WrongClock(world.clock, offset) }, { lock: generous })
      await scheduler.registerPeriodicTask(everyMinute, 'x', sum.s(1).with({ delay: '10s' }))
    }
    await world.clock.advance('95s')
    const delayed = await world.broker.delayedMessages(100)
    const pending = await world.broker.pendingMessages('machinery_tasks', 100)
    const sent = [...pending, ...delayed].map(({ body }) => new TextDecoder().decode(body))
    expect(sent).toHaveLength(6)
    expect(new Set(sent).size).toBe(2)
    const worker = world.server()
    let runs = 0
    worker.registerTask(sum, () => ++runs)
    void worker.newWorker('w', 5).launch()
    await world.clock.advance('20s')
    expect(runs).toBe(2)
  })

  test('what a worker has received is not sent again', async () => {
    const world = new World(at('00:00:30'))
    const generous: Lock = { ...brokenLock(), acquire: () => Promise.resolve(true) }
    await world.server({}, { lock: generous }).registerPeriodicTask('*/2 * * * *', 'x', newSignature('long'))
    let published = 0
    const broker = replaced(world.broker, {
      publish: (messages) => {
        published += messages.length
        return world.broker.publish(messages)
      },
    })
    const late = world.server({ clock: new WrongClock(world.clock, -20_000) }, { lock: generous, broker })
    await late.registerPeriodicTask('*/2 * * * *', 'x', newSignature('long'))
    const worker = world.server()
    let runs = 0
    worker.registerTask('long', async () => {
      runs++
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 30_000))
    })
    void worker.newWorker('w', 5).launch()
    await world.clock.advance('10m')
    expect([runs, published]).toEqual([5, 0])
  })

  test.each([
    ['at once', [0, 0, 0]],
    ['while it runs', [0, -20_000, -40_000]],
    ['when it has ended', [0, -55_000]],
  ])('a chord that is sent by everybody, %s, has one effect and is not begun again', async (_, offsets) => {
    const world = new World(at('00:01:00'))
    const generous: Lock = { ...brokenLock(), acquire: () => Promise.resolve(true) }
    const records: string[] = []
    for (const offset of offsets) {
      const shared = new MemoryBackend({ sharedWith: world.backend })
      const backend = replaced(shared, {
        createGroup: (record, expiresInMs) => {
          records.push(record.groupUuid)
          return shared.createGroup(record, expiresInMs)
        },
      })
      const scheduler = world.server({ clock: new WrongClock(world.clock, offset) }, { lock: generous, backend })
      const workflow = chord(group(sum.s(1), sum.s(2), sum.s(3)), newSignature('total'))
      await scheduler.registerPeriodicChord('*/2 * * * *', 'x', workflow)
    }
    const worker = world.server()
    const runs: number[] = []
    const totals: number[] = []
    // The members end 10, 30 and 50 s after the tick.
    worker.registerTask(sum, async (value = 0) => {
      runs.push(value)
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, (2 * value - 1) * 10_000))
      return value
    })
    worker.registerTask('total', (...numbers: number[]) => void totals.push(numbers.reduce((a, b) => a + b, 0)))
    void worker.newWorker('w', 20).launch()
    await world.clock.advanceTo(at('00:21:30'))
    expect(totals).toEqual(Array(10).fill(6))
    expect(runs).toHaveLength(30)
    expect(new Set(records).size).toBe(10)
    // Only schedulers that look at the same moment may both find no record.
    if (new Set(offsets).size > 1) expect(records).toHaveLength(10)
  })

  test('a lock that never answers is given up', async () => {
    const world = new World()
    const silent: Lock = { ...brokenLock(), acquire: () => new Promise(() => undefined) }
    const server = world.server({ callTimeout: 20 }, { lock: silent })
    await server.registerPeriodicTask(everyMinute, 'x', sum.s(1))
    await world.clock.advance('1m')
    await new Promise((resolve) => setTimeout(resolve, 60))
    await world.clock.advance('2s')
    expect(await sentBy(world)).toEqual(uuidsOf(at('00:01:00'), at('00:01:00')))
  })

  test('a lock that never answers does not keep a tick for long, whatever calls may take', async () => {
    const world = new World()
    const silent: Lock = { ...brokenLock(), acquire: () => new Promise(() => undefined) }
    const server = world.server({ callTimeout: '10m' }, { lock: silent })
    await server.registerPeriodicTask(everyMinute, 'x', sum.s(1))
    await world.clock.advance('1m')
    expect(await sentBy(world)).toEqual([])
    await world.clock.advance('7s')
    expect(await sentBy(world)).toEqual(uuidsOf(at('00:01:00'), at('00:01:00')))
  })

  test('an outage of the lock ends when it does', async () => {
    const world = new World()
    const outage = { is: true }
    for (let index = 0; index < 3; index++) {
      const lock = replaced(new MemoryLock({ sharedWith: world.lock }), {
        acquire(key, options) {
          return outage.is ? Promise.reject(new Error('away')) : world.lock.acquire(key, options)
        },
      })
      await world.server({}, { lock }).registerPeriodicTask(everyMinute, 'x', sum.s(1))
    }
    await world.clock.advance('150s')
    expect(new Set(await sentBy(world))).toEqual(new Set(uuidsOf(at('00:01:00'), at('00:02:00'))))
    await world.empty()
    outage.is = false
    await world.clock.advance('3m')
    expect(await sentBy(world)).toEqual(uuidsOf(at('00:03:00'), at('00:05:00')))
  })
})

describe('S03: a scheduler that is gone between lock and send', () => {
  /** Takes every tick a second before the others, and never gets to know it. */
  function dyingServer(world: World): Server {
    const clock = new ProcessClock(world.clock, 1_000)
    const lock = replaced(new MemoryLock({ sharedWith: world.lock }), {
      acquire: async (key, options) => {
        const isTaken = await world.lock.acquire(key, options)
        if (!key.includes('@') || !isTaken) return isTaken
        clock.stop()
        return new Promise<boolean>(() => undefined)
      },
    })
    return world.server({ clock }, { lock })
  }

  test('is replaced by another inside the catch-up window, once', async () => {
    const world = new World()
    const dying = dyingServer(world)
    await dying.registerPeriodicTask('*/10 * * * *', 'x', sum.s(1))
    const logger = recordingLogger()
    for (let index = 0; index < 4; index++) {
      await world.server({ logger }).registerPeriodicTask('*/10 * * * *', 'x', sum.s(1))
    }
    await world.clock.advance('10m')
    await dying.close()
    expect(await sentBy(world)).toEqual([])
    await world.clock.advance('1m')
    expect(await sentBy(world)).toEqual([tickUuid('task', 'prog', 'x', '*/10 * * * *', at('00:10:00'))])
    expect(logger.lines.filter((line) => line.includes('is taken over'))).toHaveLength(1)
    await world.clock.advance('9m')
    expect(await sentBy(world)).toHaveLength(2)
  })

  test('sends nothing when it wakes up and another has sent the tick', async () => {
    const world = new World()
    const waking = Promise.withResolvers<void>()
    const clock = new ProcessClock(world.clock, 1_000)
    const lock = replaced(new MemoryLock({ sharedWith: world.lock }), {
      acquire: async (key, options) => {
        const isTaken = await world.lock.acquire(key, options)
        if (key.includes('@') && isTaken) {
          clock.stop()
          await waking.promise
        }
        return isTaken
      },
    })
    const paused = world.server({ clock }, { lock })
    await paused.registerPeriodicTask('*/10 * * * *', 'x', sum.s(1))
    await world.server().registerPeriodicTask('*/10 * * * *', 'x', sum.s(1))
    await world.clock.advance('11m')
    expect(await sentBy(world)).toHaveLength(1)
    await world.empty()
    // Long after the records of the run are gone.
    await world.backend.deleteStates([tickUuid('task', 'prog', 'x', '*/10 * * * *', at('00:10:00'))])
    waking.resolve()
    clock.goOn()
    await world.clock.advance('1m')
    expect(await sentBy(world)).toEqual([])
    expect(paused.listPeriodic()).toMatchObject([{ lastOutcome: 'elsewhere' }])
  })

  test('is replaced also where it had begun to send', async () => {
    const world = new World()
    const broker = replaced(world.broker, { publish: () => new Promise(() => undefined) })
    const dying = world.server({ callTimeout: 50 }, { broker })
    await dying.registerPeriodicTask('*/10 * * * *', 'x', sum.s(1))
    await world.server().registerPeriodicTask('*/10 * * * *', 'x', sum.s(1))
    await world.clock.advance('11m')
    expect(await sentBy(world)).toEqual([tickUuid('task', 'prog', 'x', '*/10 * * * *', at('00:10:00'))])
  })

  test('leaves it at that where the window is too short', async () => {
    const world = new World()
    await dyingServer(world).registerPeriodicTask('*/10 * * * *', 'x', sum.s(1), { catchUp: 0 })
    await world.server().registerPeriodicTask('*/10 * * * *', 'x', sum.s(1), { catchUp: 0 })
    await world.clock.advance('15m')
    expect(await sentBy(world)).toEqual([])
  })
})

describe('S04: clocks that are wrong', () => {
  test('schedulers up to 30 s apart send each tick once', async () => {
    const world = new World()
    for (const offset of [-30_000, -11_000, 0, 7_000, 30_000]) {
      const clock = new WrongClock(world.clock, offset)
      await world.server({ clock }).registerPeriodicTask(everyMinute, 'x', sum.s(1))
    }
    await world.clock.advance('2h')
    const sent = await sentBy(world)
    expect(new Set(sent).size).toBe(sent.length)
    expect(sent.slice(0, 120)).toEqual(uuidsOf(start, at('01:59:00')))
  })

  test('a clock that is set back an hour runs nothing twice, and goes on when the time comes', async () => {
    const world = new World()
    const clock = new WrongClock(world.clock)
    const server = world.server({ clock })
    await server.registerPeriodicTask('*/10 * * * *', 'x', sum.s(1))
    await world.clock.advance('2h')
    clock.offsetMs = -3_600_000
    await world.clock.advance('2h')
    const expected = ticks(at('00:10:00'), at('03:00:00'), 10 * minute)
    expect(await sentBy(world)).toEqual(expected.map((tick) => tickUuid('task', 'prog', 'x', '*/10 * * * *', tick)))
  })

  test('a clock that is put forward an hour runs what is due, drops what is old, and nothing twice when it is put right', async () => {
    const world = new World()
    const clock = new WrongClock(world.clock)
    const server = world.server({ clock })
    await server.registerPeriodicTask('*/10 * * * *', 'x', sum.s(1), { catchUp: '2m' })
    await world.clock.advance('15m')
    clock.offsetMs = 3_600_000
    await world.clock.advance('6m')
    clock.offsetMs = 0
    await world.clock.advance('2h')
    const sent = await sentBy(world)
    // 01:20 came an hour early; 00:20, which passed meanwhile, is inside the window; 00:30 to 01:10 come in time.
    const expected = ticks(at('00:10:00'), at('02:20:00'), 10 * minute)
    expect(sent.toSorted()).toEqual(
      expected.map((tick) => tickUuid('task', 'prog', 'x', '*/10 * * * *', tick)).toSorted(),
    )
  })

  test('a jump past a tick is noticed within half a minute', async () => {
    const world = new World()
    const clock = new WrongClock(world.clock)
    const server = world.server({ clock })
    await server.registerPeriodicTask('@daily', 'x', sum.s(1), { timeZone: 'UTC' })
    await world.clock.advance('1m')
    clock.offsetMs = 86_400_000 - minute
    await world.clock.advance('30s')
    expect(await sentBy(world)).toEqual([tickUuid('task', 'prog', 'x', '@daily', new Date('2030-01-02T00:00:00Z'))])
  })
})

describe('P-3: beside schedulers in Go', () => {
  test('each tick of a cron schedule is sent once, by either side', async () => {
    const world = new World()
    const schedule = parseSchedule(everyMinute)
    let fromGo = 0
    const go = new MemoryLock({ sharedWith: world.lock })
    // Machinery's own scheduler: the lock, then a UUID of its own. It comes first in every third minute.
    const goTick = async (tick: Date): Promise<void> => {
      const until = lockUntil(schedule, new Date(world.clock.now()))
      if (await go.acquire(lockKey('prog', 'x', everyMinute), { until, owner: `go ${tick.getTime()}` })) fromGo++
    }
    for (const [index, tick] of ticks(at('00:01:00'), at('01:00:00'), minute).entries()) {
      const lateMs = index % 3 === 0 ? 0 : 5
      world.clock.setTimer(() => void goTick(tick), tick.getTime() + lateMs - start.getTime())
    }
    for (let index = 0; index < 2; index++) {
      await world.server().registerPeriodicTask(everyMinute, 'x', sum.s(1))
    }
    await world.clock.advance(60 * minute + 30_000)
    expect(fromGo).toBe(20)
    const sent = await sentBy(world)
    expect(new Set(sent).size).toBe(40)
    expect(sent).toHaveLength(40)
  })
})

describe('a worker', () => {
  test('that gets a tick twice has one effect', async () => {
    const world = new World()
    const scheduler = world.server()
    await scheduler.registerPeriodicTask(everyMinute, 'x', newSignature('sum', [{ type: 'string', value: 'tick' }]))
    await world.clock.advance('1m')
    const [message] = await world.broker.pendingMessages('machinery_tasks', 1)
    await world.broker.publish([{ routingKey: 'machinery_tasks', body: message?.body ?? new Uint8Array() }])
    const effects = countEffects(world.server())
    await world.clock.advance('1s')
    expect(effects).toEqual(new Map([['tick', 1]]))
  })
})
