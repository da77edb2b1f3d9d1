import { describe, expect, test } from 'vitest'
import { encodeSignature, newSignature } from '../../src/index.js'
import { MemoryBackend, MemoryBroker, VirtualClock } from '../../src/memory/index.js'
import { launchedServer, newServer, recordingLogger, until } from '../support.js'

const text = (body: string): Uint8Array => new TextEncoder().encode(body)
const good = encodeSignature({ ...newSignature('good'), routingKey: 'machinery_tasks' })

const corpus: [string, Uint8Array][] = [
  ['an empty body', new Uint8Array()],
  ['a truncated signature', good.slice(0, good.length - 30)],
  ['a JSON string', text('"str"')],
  ['a JSON list', text('[1,2]')],
  ['a wrong type', text('{"UUID":1,"Name":"good"}')],
  ['an args object', text('{"UUID":"a","Name":"good","Args":{}}')],
  ['a priority of 300', text('{"UUID":"a","Name":"good","Priority":300}')],
  ['a count with a point', text('{"UUID":"a","Name":"good","GroupTaskCount":1.0}')],
  ['an ETA without a zone', text('{"UUID":"a","Name":"good","ETA":"2024-01-02T03:04:05"}')],
  ['100,000 levels', text(`{"UUID":"a","Name":"good","Args":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
  ['null among the callbacks', text('{"UUID":"a","Name":"good","OnSuccess":[null]}')],
  ['random bytes', Uint8Array.from({ length: 64 }, (_, index) => (index * 37) % 256)],
  ['16 MiB of junk', new Uint8Array(16 * 1024 * 1024).fill(0x41)],
]

describe('F15: a message that is no signature', () => {
  test.each(corpus)('%s is parked as it came, with the reason, and others run', async (_what, body) => {
    const broker = new MemoryBroker()
    const logger = recordingLogger()
    const server = newServer({ logger }, broker, new MemoryBackend())
    server.registerTask('good', () => 'good')
    void server.newWorker('w', 1).launch()
    await broker.publish([{ routingKey: 'machinery_tasks', body }])
    expect(await (await server.sendTask(newSignature('good'))).get()).toBe('good')
    await until(async () => (await broker.countMessages('machinery_tasks')).dead === 1)
    const [dead] = await broker.deadMessages('machinery_tasks', 10)
    expect(Buffer.compare(dead?.body ?? new Uint8Array(1), body)).toBe(0)
    expect(dead?.reason).toMatch(/^Could not unmarshal '/)
    expect(dead?.reason?.length).toBeLessThan(2_000)
    expect(logger.lines.filter((line) => line.includes('is no signature, and is parked'))).toHaveLength(1)
    expect(logger.lines.every((line) => line.length < 3_000)).toBe(true)
  })

  test('keys that pollute prototypes are inert', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    server.registerTask('good', () => 'good')
    void server.newWorker('w', 1).launch()
    const body = text(
      '{"UUID":"p1","Name":"good","__proto__":{"polluted":1},"Headers":{"__proto__":"x","constructor":"y"}}',
    )
    await broker.publish([{ routingKey: 'machinery_tasks', body }])
    expect(await server.asyncResult('p1').get()).toBe('good')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('F16: a task that nobody here knows', () => {
  test('is given back ever more slowly, so that another worker can take it', async () => {
    const clock = new VirtualClock()
    const broker = new MemoryBroker({ clock })
    const backend = new MemoryBackend({ clock })
    const ignorant = newServer({ clock }, broker, backend)
    void ignorant.newWorker('ignorant', 1).launch()
    const result = await ignorant.sendTask(newSignature('later-known'))
    await clock.advance('10s')
    expect((await result.getState())?.state).toBe('PENDING')
    const expert = newServer({ clock }, broker, backend)
    expert.registerTask('later-known', () => 'ran')
    void expert.newWorker('expert', 1).launch()
    await clock.advance('1m')
    expect(await result.touch()).toBe('ran')
  })

  test('is parked in the end, and those who wait for it are told', async () => {
    const clock = new VirtualClock()
    const logger = recordingLogger()
    const server = newServer({ clock, logger }, new MemoryBroker({ clock }), new MemoryBackend({ clock }))
    void server.newWorker('w', 1).launch()
    const result = await server.sendTask(newSignature('unknown'))
    await clock.advance('10m')
    await expect(result.touch()).rejects.toThrow('Task not registered error: unknown')
    const broker = server.getBroker() as MemoryBroker
    expect(await broker.countMessages('machinery_tasks')).toMatchObject({
      pending: 0,
      delayed: 0,
      dead: 1,
      inFlight: 0,
    })
    expect(logger.lines.filter((line) => line.includes('given back')).length).toBeLessThanOrEqual(10)
  })

  test('is dropped when it asks to be ignored', async () => {
    const server = launchedServer()
    server.registerTask('good', () => 'good')
    await server.sendTask({ ...newSignature('unknown'), ignoreWhenTaskNotRegistered: true })
    expect(await (await server.sendTask(newSignature('good'))).get()).toBe('good')
    const broker = server.getBroker() as MemoryBroker
    await until(async () => (await broker.countMessages('machinery_tasks')).inFlight === 0)
    expect(await broker.countMessages('machinery_tasks')).toMatchObject({ pending: 0, delayed: 0, dead: 0 })
  })
})

describe('a task that was delivered too often', () => {
  test('fails, and its message is parked', async () => {
    const broker = new MemoryBroker()
    const backend = new MemoryBackend()
    const server = newServer({}, broker, backend)
    let runs = 0
    server.registerTask('killer', () => ++runs)
    const result = await server.sendTask(newSignature('killer'))
    // Somebody has started it, or it would count as one that nobody knew.
    const started = { taskUuid: result.uuid, taskName: 'killer', state: 'STARTED', results: null, error: '' } as const
    await backend.saveStates([{ state: { ...started, createdAt: new Date().toISOString() }, expiresInMs: 60_000 }])
    // Six consumers die with it in hand, as if the task had taken them down.
    for (let life = 0; life < 6; life++) {
      const consumer = await broker.consume({
        queue: 'machinery_tasks',
        consumerTag: 'doomed',
        concurrency: 1,
        maxUnsettled: 1,
      })
      const [delivery] = await consumer.receive(1, AbortSignal.timeout(1_000))
      expect(delivery?.deliveryCount).toBe(life + 1)
      await consumer.close()
    }
    void server.newWorker('w', 1).launch()
    await expect(result.get()).rejects.toThrow('delivered 7 times and never finished')
    await until(async () => (await broker.countMessages('machinery_tasks')).dead === 1)
    expect(runs).toBe(0)
  })
})

describe('F13: the same message twice', () => {
  test('together: runs once in one worker, and both are settled', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    let runs = 0
    server.registerTask('slow', async () => {
      runs++
      await new Promise((resolve) => setTimeout(resolve, 20))
      return runs
    })
    const signature = { ...newSignature('slow'), routingKey: 'machinery_tasks' }
    const body = encodeSignature(signature)
    await broker.publish([1, 2, 3].map(() => ({ routingKey: 'machinery_tasks', body })))
    void server.newWorker('w', 4).launch()
    expect(await server.asyncResult(signature.uuid).get()).toBe(1)
    await until(async () => (await broker.countMessages('machinery_tasks')).inFlight === 0)
    expect(await broker.countMessages('machinery_tasks')).toMatchObject({ pending: 0, dead: 0 })
    expect(runs).toBe(1)
  })

  test('later: is not run again, and its callbacks have one effect', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    let [runs, callbacks] = [0, 0]
    server.registerTasks({ once: () => ++runs, after: () => ++callbacks })
    const signature = { ...newSignature('once'), routingKey: 'machinery_tasks', onSuccess: [newSignature('after')] }
    const body = encodeSignature(signature)
    void server.newWorker('w', 4).launch()
    for (let time = 0; time < 3; time++) {
      await broker.publish([{ routingKey: 'machinery_tasks', body }])
      await server.asyncResult(signature.uuid).get()
      await until(async () => callbacks > 0)
      await until(async () => {
        const { inFlight, pending } = await broker.countMessages('machinery_tasks')
        return inFlight + pending === 0
      })
    }
    expect([runs, callbacks]).toEqual([1, 1])
  })
})

describe('stopTaskDeletionOnError', () => {
  test('keeps the message of a failed task in the dead-letter place', async () => {
    const server = launchedServer()
    server.registerTask('fail', () => {
      throw new Error('boom')
    })
    const result = await server.sendTask({ ...newSignature('fail'), stopTaskDeletionOnError: true })
    await expect(result.get()).rejects.toThrow('boom')
    const broker = server.getBroker() as MemoryBroker
    await until(async () => (await broker.countMessages('machinery_tasks')).dead === 1)
    expect((await broker.deadMessages('machinery_tasks', 1))[0]?.reason).toBe('boom')
  })
})
