import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import type { Backend, OutgoingMessage, Server, WorkflowResult } from '../../src/index.js'
import {
  chain,
  chord,
  defineTask,
  group,
  int,
  json,
  list,
  newChain,
  newChord,
  newGroup,
  newSignature,
  rest,
  string,
  TaskFailedError,
  taskContext,
  WorkflowCancelledError,
} from '../../src/index.js'
import { MemoryBackend, MemoryBroker } from '../../src/memory/index.js'
import { gate, launchedServer, newServer, until } from '../support.js'
import { start, World } from './periodic-support.js'

const sum = defineTask('sum', { args: [rest(int)], result: int })
const multiply = defineTask('multiply', { args: [rest(int)], result: int })
const join = defineTask('join', { args: [rest(string)], result: string })
const text = defineTask('text', { args: [int], result: string })
const jsonOf = defineTask('json-of', { args: [int], result: json<{ n: number }>() })
const fail = defineTask('fail', { args: [rest(int)], result: int })

function workflowServer(concurrency = 8) {
  const server = launchedServer({ concurrency })
  server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
  server.registerTask(multiply, (...numbers) => numbers.reduce((a, b) => a * b, 1))
  server.registerTask(join, (...parts) => parts.join('-'))
  server.registerTask(text, (n) => `<${n}>`)
  server.registerTask(fail, () => {
    throw new Error('boom')
  })
  return server
}

/** Counts the records that were written, read or noted. */
class CountingBackend extends MemoryBackend {
  records = 0
  reads = 0

  override saveStates(...args: Parameters<Backend['saveStates']>) {
    this.records += args[0].length
    return super.saveStates(...args)
  }

  override readStates(...args: Parameters<Backend['readStates']>) {
    this.reads++
    this.records += args[0].length
    return super.readStates(...args)
  }

  override finishMembers(...args: Parameters<Backend['finishMembers']>) {
    this.records += args[0].length
    return super.finishMembers(...args)
  }

  override async readGroup(...args: Parameters<Backend['readGroup']>) {
    const group = await super.readGroup(...args)
    this.records += group?.taskUuids.length ?? 0
    return group
  }
}

/** Tells how many messages were on their way at once, in how many calls. */
class MeasuringBroker extends MemoryBroker {
  calls = 0
  mostAtOnce = 0
  #now = 0

  override async publish(messages: readonly OutgoingMessage[]) {
    this.calls++
    this.#now += messages.length
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#now)
    await new Promise((resolve) => setImmediate(resolve))
    this.#now -= messages.length
    return super.publish(messages)
  }
}

describe('a chain', () => {
  test('passes each result on', async () => {
    const server = workflowServer()
    const run = await server.sendChain(chain(sum.s(1, 1), sum.s(5), multiply.s(4)))
    const value = await run.get()
    expectTypeOf(value).toEqualTypeOf<number>()
    expect(value).toBe(28)
    expect(await Promise.all(run.tasks().map((task) => task.get()))).toEqual([2, 7, 28])
  })

  test('F-2: an immutable step passes nothing', async () => {
    const server = workflowServer()
    expect(await (await server.sendChain(chain(sum.s(1, 1).with({ immutable: true }), sum.s(5)))).get()).toBe(5)
    expect(await (await server.sendChain(chain(sum.s(1, 1), sum.si(5)))).get()).toBe(5)
  })

  test('in the manner of Machinery', async () => {
    const server = workflowServer()
    const one = (value: number) => newSignature('sum', [{ type: 'int64', value }])
    expect(await (await server.sendChain(newChain(one(1), one(2), one(3)))).get()).toBe(6)
  })

  test('that fails rejects with the error and UUID of the step that did, and later steps never run', async () => {
    const server = workflowServer()
    const run = await server.sendChain(chain(sum.s(1), fail.s(), sum.s(5), sum.s(6)))
    const error = await run.get().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TaskFailedError)
    expect(error).toMatchObject({ message: 'boom', taskName: 'fail', uuid: run.tasks()[1]?.uuid })
  })
})

describe('a group', () => {
  test('gives the values in member order, whatever ends first', async () => {
    const server = workflowServer()
    const slow = defineTask('slow', { args: [int, int], result: int })
    server.registerTask(slow, async (ms, value) => {
      await new Promise((resolve) => setTimeout(resolve, ms))
      return value
    })
    const run = await server.sendGroup(group(slow.s(30, 1), slow.s(10, 2), text.s(3)))
    const values = await run.get()
    expectTypeOf(values).toEqualTypeOf<[number, number, string]>()
    expect(values).toEqual([1, 2, '<3>'])
  })

  test('of nothing is done at once', async () => {
    const server = workflowServer()
    expect(await (await server.sendGroup(group())).get()).toEqual([])
  })

  test('of 10,000 is sent with progress, in batches, with no more on their way at once than said', async () => {
    const broker = new MeasuringBroker()
    const server = newServer({}, broker, new MemoryBackend())
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    const progress: number[] = []
    const members = Array.from({ length: 10_000 }, (_, index) => sum.s(index))
    const run = await server.sendGroup(group(...members), 500, { onProgress: (sent) => void progress.push(sent) })
    expect(progress).toEqual(members.map((_, index) => index + 1))
    expect(broker.mostAtOnce).toBeLessThanOrEqual(500)
    expect(broker.calls).toBeLessThan(10_000 / 100)
    void server.newWorker('w', 100).launch()
    const values = await run.get()
    expect(values).toEqual(members.map((_, index) => index))
  })

  test.each([-1, 1.5, Number.NaN])('refuses a sendConcurrency of %d', async (sendConcurrency) => {
    const server = workflowServer()
    await expect(server.sendGroup(group(sum.s(1)), sendConcurrency)).rejects.toThrow('sendConcurrency must be')
  })

  test.each([0, 1, 10])('is sent whole with a sendConcurrency of %d', async (sendConcurrency) => {
    const server = workflowServer()
    const run = await server.sendGroup(
      newGroup(...[1, 2, 3].map((value) => newSignature('sum', [{ type: 'int64', value }]))),
      sendConcurrency,
    )
    expect(await run.get()).toEqual([1, 2, 3])
  })
})

describe('a chord', () => {
  test('gives its callback the own arguments, then the results in member order', async () => {
    const server = workflowServer()
    const run = await server.sendChord(chord(group(text.s(1), text.s(2), text.s(3)), join.s('own')))
    const value = await run.get()
    expectTypeOf(value).toEqualTypeOf<string>()
    expect(value).toBe('own-<1>-<2>-<3>')
  })

  test('F-6: an immutable callback takes no results; F-7: immutable members still give theirs', async () => {
    const server = workflowServer()
    const members = group(sum.s(1).with({ immutable: true }), sum.s(2).with({ immutable: true }))
    expect(await (await server.sendChord(chord(members, sum.s(100).with({ immutable: true })))).get()).toBe(100)
    expect(await (await server.sendChord(chord(members, sum.s(100)))).get()).toBe(103)
  })

  test('in the manner of Machinery', async () => {
    const server = workflowServer()
    const one = (value: number) => newSignature('sum', [{ type: 'int64', value }])
    const run = await server.sendChord(newChord(newGroup(one(1), one(2)), one(100)))
    expect(await run.get()).toBe(103)
  })

  test('B05: a failed member, first or last or after retries, gives one error to onError and to those who wait', async () => {
    for (const members of [
      [fail.s(), sum.s(1), sum.s(2)],
      [sum.s(1), sum.s(2), fail.s()],
      [sum.s(1), fail.s().with({ retryCount: 1 }), sum.s(2)],
    ]) {
      const server = workflowServer()
      const errors: unknown[] = []
      server.registerTask('onerror', (...args: unknown[]) => void errors.push(args))
      let callbacks = 0
      server.registerTask('callback', () => ++callbacks)
      const callback = {
        ...newSignature('callback'),
        onError: [newSignature('onerror', [{ type: 'string', value: 'own' }])],
      }
      const run = await server.sendChord(chord(group(...members), callback))
      await expect(run.get({ timeout: '10s' })).rejects.toMatchObject({ message: 'boom', taskName: 'fail' })
      await until(() => errors.length > 0)
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(errors).toEqual([['boom', 'own']])
      expect(callbacks).toBe(0)
    }
  })

  test('can be silent about a failed member, as in Machinery: nothing is sent, nothing is stored', async () => {
    const server = workflowServer()
    let told = 0
    server.registerTask('onerror', () => ++told)
    const callback = sum.s().with({ onMemberFailure: 'silent', onError: newSignature('onerror') })
    const run = await server.sendChord(chord(group(sum.s(1), fail.s()), callback))
    await expect(run.get({ timeout: '10s' })).rejects.toMatchObject({ message: 'boom', taskName: 'fail' })
    expect(await run.tasks().at(-1)?.getState()).toBeUndefined()
    expect(told).toBe(0)
  })

  test('B06: fires once, in order, when members finish together on several workers', async () => {
    const broker = new MemoryBroker()
    const backend = new MemoryBackend()
    const servers = Array.from({ length: 4 }, () =>
      newServer({}, new MemoryBroker({ sharedWith: broker }), new MemoryBackend({ sharedWith: backend })),
    )
    const effects = new Map<string, number[]>()
    for (const server of servers) {
      server.registerTask(sum, async (...numbers) => {
        await Promise.resolve()
        return numbers[0] ?? 0
      })
      server.registerTask('collect', (key: string, ...numbers: number[]) => {
        effects.set(key, [...(effects.get(key) ?? []), ...numbers])
        return numbers.length
      })
      void server.newWorker('w', 25).launch()
    }
    const [first] = servers
    const runs = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const members = Array.from({ length: 50 }, (_, member) => sum.s(member))
        const callback = newSignature('collect', [{ type: 'string', value: `chord ${index}` }])
        return first?.sendChord(chord(group(...members), callback))
      }),
    )
    await Promise.all(runs.map((run) => run?.get({ timeout: '30s' })))
    expect(effects.size).toBe(200)
    const expected = Array.from({ length: 50 }, (_, member) => member)
    for (const numbers of effects.values()) expect(numbers).toEqual(expected)
  })

  test.each(['group', 'state'] as const)('B04: whose %s is gone sends the error, never silence', async (what) => {
    const backend = new MemoryBackend()
    const server = newServer({}, new MemoryBroker(), backend)
    const last = gate()
    server.registerTask(sum, async (n = 0) => {
      if (n === 2) await last.opened
      return n
    })
    let told: unknown
    server.registerTask('onerror', (error: string) => {
      told = error
    })
    server.registerTask('callback', () => 'never')
    const callback = { ...newSignature('callback'), onError: [newSignature('onerror')] }
    const run = await server.sendChord(chord(group(sum.s(1), sum.s(2)), callback))
    const [member] = run.tasks()
    void server.newWorker('w', 2).launch()
    await until(async () => (await member?.getState())?.state === 'SUCCESS')
    if (what === 'state') await backend.deleteStates([member?.uuid ?? ''])
    else await backend.deleteGroup(/group_[0-9a-f-]+/.exec(JSON.stringify(run.tree))?.[0] ?? '')
    last.open()
    await expect(run.get()).rejects.toThrow(
      what === 'state' ? /The result of a member of group .* is gone/ : 'the record of the group is gone',
    )
    await until(() => told !== undefined)
    expect(told).toMatch(/ is gone/)
  })

  test('B08: of 10,000 takes work in proportion to its members', async () => {
    const perMember: number[] = []
    for (const count of [1_000, 10_000]) {
      const backend = new CountingBackend()
      const server = newServer({}, new MemoryBroker(), backend)
      server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
      void server.newWorker('w', 100).launch()
      const members = Array.from({ length: count }, () => sum.s(1))
      const run = await server.sendChord(chord(group(...members), sum.s()))
      // Waiting reads, too: that is not the work of the chord.
      await until(async () => (await run.tasks().at(-1)?.getState())?.state === 'SUCCESS', 30_000)
      expect(await run.get()).toBe(count)
      perMember.push(backend.records / count)
    }
    const [few = 0, many = 0] = perMember
    expect(many).toBeLessThan(few * 1.2)
  }, 60_000)
})

test.each([
  ['by a delay', sum.s(1).with({ delay: '2h' })],
  ['by an ETA', sum.s(1).with({ eta: new Date(start.getTime() + 7_200_000) })],
  ['by the ETA of a later step', chain(sum.s(0), sum.s(1).with({ eta: new Date(start.getTime() + 7_200_000) }))],
])(
  'a chord with a member that is held back for longer than results live, %s, fires all the same',
  async (_, member) => {
    const world = new World()
    const server = world.server({ resultsExpireIn: 60 })
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    void server.newWorker('w', 4).launch()
    const run = await server.sendChord(chord(group(member, sum.s(2)), sum.s()))
    const value = run.get()
    await world.clock.advance('3h')
    expect(await value).toBe(3)
  },
)

describe('nesting', () => {
  test('chain(a, group(b, chain(c, d)), e)', async () => {
    const server = workflowServer()
    const workflow = chain(sum.s(1), group(sum.s(10), chain(sum.s(100), multiply.s(2))), sum.s(1000))
    // (1 + 10) + ((1 + 100) * 2) + 1000
    expect(await (await server.sendChain(workflow)).get()).toBe(1213)
  })

  test('a chord of chords', async () => {
    const server = workflowServer()
    const inner = (n: number) => chord(group(sum.s(n), sum.s(n)), sum.s())
    expect(await (await server.sendChord(chord(group(inner(1), inner(2), inner(3)), sum.s(100)))).get()).toBe(112)
  })

  test('a group as the last step', async () => {
    const server = workflowServer()
    expect(await (await server.sendChain(chain(sum.s(1), group(sum.s(10), sum.s(20))))).get()).toEqual([11, 21])
  })

  test('a failure deep inside ends everything that waits for it', async () => {
    const server = workflowServer()
    const workflow = chain(sum.s(1), group(sum.s(10), chain(fail.s(), multiply.s(2), sum.s())), sum.s(1000), sum.s(1))
    const run = await server.sendChain(workflow)
    await expect(run.get({ timeout: '10s' })).rejects.toMatchObject({ message: 'boom', taskName: 'fail' })
    const first = await server.sendChain(chain(fail.s(), group(sum.s(1), sum.s(2)), sum.s()))
    await expect(first.get({ timeout: '10s' })).rejects.toMatchObject({ message: 'boom', taskName: 'fail' })
  })
})

describe('a handle', () => {
  test('tells how far the workflow is', async () => {
    const server = workflowServer()
    const run = await server.sendChord(chord(group(sum.s(1), fail.s()), sum.s()))
    // It rejects as soon as the member has failed; the callback fails right after.
    await run.get().catch(() => undefined)
    await vi.waitFor(async () => expect(await run.status()).toMatchObject({ failed: 2 }))
    const status = await run.status()
    expect(status).toMatchObject({
      total: 3,
      succeeded: 1,
      failed: 2,
      steps: [
        { kind: 'group', members: [{ state: 'SUCCESS' }, { state: 'FAILURE', error: 'boom' }] },
        { state: 'FAILURE' },
      ],
    })
  })

  test.each<[string, (server: Server) => Promise<WorkflowResult>, unknown, number]>([
    ['chain', (server) => server.sendChain(chain(sum.s(1), group(sum.s(1), sum.s(2)), sum.s())), 5, 4],
    ['group', (server) => server.sendGroup(group(sum.s(1), chain(sum.s(2), sum.s(3)))), [1, 5], 3],
    ['chord', (server) => server.sendChord(chord(group(sum.s(1), sum.s(2)), sum.s(3))), 6, 3],
    ['group of JSON values', (server) => server.sendGroup(group(jsonOf.s(1))), [{ n: 1 }], 1],
  ])(
    'on a %s is made again from its JSON, in another server, and tells the state of all in one read',
    async (_, send, value, total) => {
      const broker = new MemoryBroker()
      const backend = new MemoryBackend()
      const here = newServer({}, broker, backend)
      here.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
      here.registerTask(jsonOf, (n) => ({ n }))
      const run = await send(here)
      const text = JSON.stringify(run)
      const there = newServer({}, broker, new CountingBackend({ sharedWith: backend }))
      const again = there.workflowResult(JSON.parse(text))
      expect(await again.status()).toMatchObject({ total, succeeded: 0, failed: 0 })
      void here.newWorker('w', 1).launch()
      expect(await again.get()).toEqual(value)
      expect([again.uuid, again.tree]).toEqual([run.uuid, run.tree])
      expect(await there.workflowResult(JSON.parse(JSON.stringify(again))).get()).toEqual(value)
      const reading = there.getBackend() as CountingBackend
      reading.reads = 0
      expect(await again.status()).toMatchObject({ total, succeeded: total, failed: 0 })
      expect(reading.reads).toBe(1)
      expect(await Promise.all(again.tasks().map((task) => task.get()))).toHaveLength(total)
    },
  )
})

describe('cancelling', () => {
  test('keeps the rest from starting, aborts what runs, and tells those who wait', async () => {
    const server = launchedServer({ concurrency: 1 })
    let aborted: unknown
    let later = 0
    server.registerTask('wait', async () => {
      const { signal } = taskContext()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      aborted = signal.reason
    })
    server.registerTask('later', () => ++later)
    const run = await server.sendGroup(group(newSignature('wait'), newSignature('later'), newSignature('later')))
    const waiting = expect(run.get()).rejects.toBeInstanceOf(WorkflowCancelledError)
    await until(async () => (await run.tasks()[0]?.getState())?.state === 'STARTED')
    await run.cancel()
    await waiting
    await until(() => aborted !== undefined)
    expect(aborted).toBeInstanceOf(WorkflowCancelledError)
    server.registerTask('good', () => 'good')
    expect(await (await server.sendTask(newSignature('good'))).get()).toBe('good')
    expect(later).toBe(0)
  })

  test('is refused for workflows that cannot be', async () => {
    const server = workflowServer()
    const run = await server.sendChain(newChain(newSignature('sum')))
    await expect(run.cancel()).rejects.toMatchObject({ code: 'MACHINERY_UNSUPPORTED' })
  })
})

describe('a workflow that cannot be sent whole', () => {
  test('is cancelled, and the sender is told which members are missing', async () => {
    const broker = new MemoryBroker()
    const failing = new Proxy(broker, {
      get: (target, key) => {
        if (key === 'publish') {
          return (messages: Parameters<MemoryBroker['publish']>[0]) =>
            Promise.all(
              messages.map(async (message) =>
                new TextDecoder().decode(message.body).includes('"Value":13')
                  ? ({ status: 'rejected', error: new Error('no 13') } as const)
                  : (await target.publish([message]))[0],
              ),
            )
        }
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const server = newServer({}, failing as MemoryBroker, new MemoryBackend())
    const members = Array.from({ length: 20 }, (_, index) => sum.s(index))
    const error = await server.sendChord(chord(group(...members), sum.s()), 4).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    )
    expect(error).toMatchObject({ code: 'MACHINERY_WORKFLOW_NOT_SENT' })
    expect(error.notSent.length).toBeGreaterThanOrEqual(1)
    expect(error.message).toContain('no 13')
    let runs = 0
    server.registerTask(sum, () => ++runs)
    server.registerTask('good', () => 'good')
    void server.newWorker('w', 4).launch()
    expect(await (await server.sendTask(newSignature('good'))).get()).toBe('good')
    expect(runs).toBe(0)
  })

  test('one whose steps are not registered here is sent all the same', async () => {
    const server = newServer()
    const elsewhere = defineTask('elsewhere', { args: [list(int)], result: int })
    const run = await server.sendChain(chain(elsewhere.s([1]), sum.s(1)))
    expect((await run.status()) as object).toMatchObject({ steps: [{ state: 'PENDING' }, { kind: 'task' }] })
  })
})

describe('beside workers in Go', () => {
  /** Notes at each message which of the tasks have no record: a worker in Go that ends a member wants those of all. */
  class Witness extends MemoryBroker {
    readonly missing: string[] = []
    readonly #backend: MemoryBackend
    wanted: readonly string[] = []

    constructor(backend: MemoryBackend) {
      super()
      this.#backend = backend
    }

    override async publish(messages: readonly OutgoingMessage[]) {
      const states = await this.#backend.readStates(this.wanted)
      this.missing.push(...this.wanted.filter((_uuid, index) => states[index] === undefined))
      return super.publish(messages)
    }
  }

  test('all members of a chord have a record before the first is published, however slowly they are sent', async () => {
    const backend = new MemoryBackend()
    const broker = new Witness(backend)
    const server = newServer({}, broker, backend)
    const workflow = newChord(newGroup(sum.s(1), sum.s(2), sum.s(3)), sum.s())
    broker.wanted = workflow.group.tasks.map(({ uuid }) => uuid)
    await server.sendChord(workflow, 1)
    expect(broker.missing).toEqual([])
  })

  test('so have members that are sent later: the last steps of chains, and those of a later group', async () => {
    const backend = new MemoryBackend()
    const broker = new Witness(backend)
    const server = newServer({}, broker, backend)
    const [last, alone] = [sum.s(2).with({ uuid: 'last' }), sum.s(3).with({ uuid: 'alone' })]
    broker.wanted = ['last', 'alone']
    await server.sendChain(chain(sum.s(0), group(chain(sum.s(1), last), alone), sum.s()))
    expect(broker.missing).toEqual([])
    const [state] = await backend.readStates(['last'])
    expect(state).toMatchObject({ taskName: 'sum', state: 'PENDING' })
  })
})
