import { describe, expect, test } from 'vitest'
import {
  type Backend,
  type Broker,
  chord,
  defineTask,
  encodeSignature,
  group,
  int,
  newSignature,
  rest,
} from '../../src/index.js'
import { MemoryBackend, MemoryBroker } from '../../src/memory/index.js'
import { launchedServer, newServer, recordingLogger, until } from '../support.js'

type Call = 'saveStates' | 'readStates' | 'finishMembers' | 'claimChord' | 'markChordSent'

/** A backend that can be away, lose answers, or never answer. */
class FaultyBackend extends MemoryBackend {
  isDown = false
  isSilent = false
  /** Calls that are carried out, and whose answer is lost. */
  loseAnswersOf: Call | undefined
  lost = 0

  override saveStates(...args: Parameters<Backend['saveStates']>) {
    return this.#through('saveStates', () => super.saveStates(...args))
  }
  override readStates(...args: Parameters<Backend['readStates']>) {
    return this.#through('readStates', () => super.readStates(...args))
  }
  override finishMembers(...args: Parameters<Backend['finishMembers']>) {
    return this.#through('finishMembers', () => super.finishMembers(...args))
  }
  override claimChord(...args: Parameters<Backend['claimChord']>) {
    return this.#through('claimChord', () => super.claimChord(...args))
  }
  override markChordSent(...args: Parameters<Backend['markChordSent']>) {
    return this.#through('markChordSent', () => super.markChordSent(...args))
  }

  async #through<Answer>(call: Call, carryOut: () => Promise<Answer>): Promise<Answer> {
    if (this.isSilent) return new Promise(() => undefined)
    if (this.isDown) throw new Error('backend down')
    const answer = await carryOut()
    if (this.loseAnswersOf === call) {
      this.loseAnswersOf = undefined
      this.lost++
      throw new Error('answer lost')
    }
    return answer
  }
}

/** A broker whose consumers can break, and whose publishing can fail. */
class FaultyBroker extends MemoryBroker {
  isDown = false
  readonly #breaks = new Set<() => void>()

  breakConsumers(): void {
    for (const breakOne of this.#breaks) breakOne()
  }

  override async publish(...args: Parameters<Broker['publish']>) {
    if (this.isDown) throw new Error('broker down')
    return super.publish(...args)
  }

  override async consume(...args: Parameters<Broker['consume']>) {
    if (this.isDown) throw new Error('broker down')
    const consumer = await super.consume(...args)
    const broken = Promise.withResolvers<never>()
    broken.promise.catch(() => undefined)
    const breakIt = () => {
      broken.reject(new Error('connection lost'))
      void consumer.close()
    }
    this.#breaks.add(breakIt)
    return {
      receive: (max: number, signal: AbortSignal) => Promise.race([consumer.receive(max, signal), broken.promise]),
      ack: consumer.ack.bind(consumer),
      nack: consumer.nack.bind(consumer),
      reject: consumer.reject.bind(consumer),
      close: () => {
        this.#breaks.delete(breakIt)
        return consumer.close()
      },
    }
  }
}

describe('B01: a backend that is away for a while', () => {
  test('holds results back, pauses fetching, and runs nothing twice', async () => {
    const backend = new FaultyBackend()
    const server = newServer({}, new MemoryBroker(), backend)
    let runs = 0
    server.registerTask('count', async () => {
      runs++
      if (runs === 1) backend.isDown = true
      await Promise.resolve()
      return runs
    })
    const results = await server.sendTasks(Array.from({ length: 20 }, () => newSignature('count')))
    void server.newWorker('w', 2).launch()
    await until(() => backend.isDown)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const runsWhileDown = runs
    expect(runsWhileDown).toBeLessThan(20)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(runs).toBe(runsWhileDown)
    backend.isDown = false
    await Promise.all(results.map((result) => result.get({ timeout: '10s' })))
    expect(runs).toBe(20)
  })

  test('does not keep the worker from quitting; what was held is delivered again', async () => {
    const backend = new FaultyBackend()
    const broker = new MemoryBroker()
    const server = newServer({}, broker, backend)
    let runs = 0
    const count = defineTask('count', { result: int })
    server.registerTask(count, () => {
      backend.isDown = true
      return ++runs
    })
    const result = await server.sendTask(newSignature('count'))
    const worker = server.newWorker('w', { concurrency: 1, drainTimeout: '100ms' })
    const launched = expect(worker.launch()).rejects.toMatchObject({ code: 'MACHINERY_WORKER_QUIT' })
    await until(() => runs === 1)
    await worker.quit()
    await launched
    // An attempt to store that was on its way when the worker gave up must meet the outage, too.
    await new Promise((resolve) => setTimeout(resolve, 20))
    backend.isDown = false
    expect(await broker.countMessages('machinery_tasks')).toMatchObject({ pending: 1, inFlight: 0 })
    server.registerTask(count, () => ++runs)
    void server.newWorker('w2', 1).launch()
    expect(await result.get()).toBe(2)
  })
})

describe('B03: a write that was applied and whose answer was lost', () => {
  const sum = defineTask('sum', { args: [rest(int)], result: int })
  const calls: Call[] = ['saveStates', 'readStates', 'finishMembers', 'claimChord', 'markChordSent']
  test.each(calls)('%s: states stay right, and the chord fires once', async (call) => {
    const backend = new FaultyBackend()
    const server = newServer({}, new MemoryBroker(), backend)
    let callbacks = 0
    server.registerTask(sum, (...numbers) => numbers.reduce((a, b) => a + b, 0))
    server.registerTask('callback', (...numbers: number[]) => {
      callbacks++
      return numbers.reduce((a, b) => a + b, 0)
    })
    const run = await server.sendChord(chord(group(sum.s(1), sum.s(2), sum.s(3)), newSignature('callback')))
    backend.loseAnswersOf = call
    void server.newWorker('w', { concurrency: 2, chordLease: '200ms' }).launch()
    expect(await run.get({ timeout: '10s' })).toBe(6)
    expect(backend.lost).toBe(1)
    expect(callbacks).toBe(1)
  })
})

describe('B10: a backend that never answers', () => {
  test('fails a send at our own deadline, before anything is published', async () => {
    const backend = new FaultyBackend()
    const broker = new MemoryBroker()
    const server = newServer({ callTimeout: '50ms' }, broker, backend)
    backend.isSilent = true
    await expect(server.sendTask(newSignature('any'))).rejects.toMatchObject({
      code: 'MACHINERY_BACKEND',
      outcome: 'indeterminate',
    })
    expect((await broker.countMessages('machinery_tasks')).pending).toBe(0)
  })

  test('ends a wait for a result, at the latest at its timeout', async () => {
    const backend = new FaultyBackend()
    const server = newServer({ callTimeout: '50ms' }, new MemoryBroker(), backend)
    const result = await server.sendTask(newSignature('any'))
    backend.isSilent = true
    await expect(result.get({ timeout: '200ms' })).rejects.toMatchObject({ code: 'MACHINERY_RESULT_TIMEOUT' })
  })
})

describe('a broker that is away for a while', () => {
  test('rejects sending, with what is known about it, and no PENDING state stays', async () => {
    const broker = new FaultyBroker()
    const server = newServer({}, broker, new MemoryBackend())
    broker.isDown = true
    await expect(server.sendTask(newSignature('any'))).rejects.toMatchObject({
      code: 'MACHINERY_BROKER',
      operation: 'publish',
      outcome: 'indeterminate',
      message: 'Publish message error: broker down',
    })
  })

  test('F07: consumption resumes by itself, each task has one effect', async () => {
    const broker = new FaultyBroker()
    const server = newServer({}, broker, new MemoryBackend())
    let effects = 0
    server.registerTask('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      effects++
    })
    void server.newWorker('w', 4).launch()
    const results = await server.sendTasks(Array.from({ length: 40 }, () => newSignature('slow')))
    for (let cut = 0; cut < 5; cut++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      broker.breakConsumers()
    }
    await Promise.all(results.map((result) => result.get({ timeout: '20s' })))
    await until(async () => {
      const { pending, inFlight } = await broker.countMessages('machinery_tasks')
      return pending + inFlight === 0
    })
    expect(effects).toBe(40)
  })

  test('tells the error handler, and connects again with growing pauses', async () => {
    const broker = new FaultyBroker()
    const logger = recordingLogger()
    const server = newServer({ logger }, broker, new MemoryBackend())
    server.registerTask('good', () => 'good')
    broker.isDown = true
    const worker = server.newWorker('w', 1)
    const errors: unknown[] = []
    worker.setErrorHandler((error) => void errors.push(error))
    void worker.launch()
    await until(() => errors.length >= 3)
    broker.isDown = false
    expect(await (await server.sendTask(newSignature('good'))).get({ timeout: '20s' })).toBe('good')
    expect(errors.length).toBeLessThan(10)
  })

  test('holds a callback back until it can be sent, before the parent is acknowledged', async () => {
    const broker = new FaultyBroker()
    const server = newServer({}, broker, new MemoryBackend())
    let after = 0
    server.registerTasks({
      first: () => {
        broker.isDown = true
        return 1
      },
      after: () => ++after,
    })
    void server.newWorker('w', 1).launch()
    const callback = newSignature('after')
    const result = await server.sendTask({ ...newSignature('first'), onSuccess: [callback] })
    expect(await result.get()).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await broker.countMessages('machinery_tasks')).inFlight).toBe(1)
    broker.isDown = false
    expect(await server.asyncResult(callback.uuid).get({ timeout: '20s' })).toBe(1)
    await until(async () => (await broker.countMessages('machinery_tasks')).inFlight === 0)
  })
})

describe('F19: a broker that is full', () => {
  test('keeps callbacks waiting, and nothing else, though it did not answer at first', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    const publish = broker.publish.bind(broker)
    const ran: string[] = []
    for (const name of ['first', 'other', 'after']) server.registerTask(name, () => ran.push(name))
    await server.sendTask({ ...newSignature('first'), onSuccess: [newSignature('after')] })
    let attempts = 0
    broker.publish = async (messages) => {
      if (attempts++ === 0) throw new Error('no answer')
      return messages.map(() => ({ status: 'rejected', error: new Error('full') }))
    }
    void server.newWorker('w', 1).launch()
    // Refused after it was not answered.
    await until(() => attempts >= 2)
    // The first is taken by the fetch that was under way before.
    for (let count = 0; count < 3; count++) {
      await publish([{ routingKey: 'machinery_tasks', body: encodeSignature(newSignature('other')) }])
    }
    await until(() => ran.length >= 4)
    expect(ran).toEqual(['first', 'other', 'other', 'other'])
    broker.publish = publish
    await until(() => ran.includes('after'))
  })
})

describe('F14: out of order', () => {
  test('a late PENDING or STARTED never covers a later state', async () => {
    const backend = new MemoryBackend()
    const server = launchedServer()
    expect(server.getBackend()).not.toBe(backend)
    const state = (name: 'PENDING' | 'STARTED' | 'SUCCESS') => ({
      state: { taskUuid: 't', taskName: 'x', state: name, results: null, error: '', createdAt: '0001-01-01T00:00:00Z' },
      expiresInMs: 60_000,
    })
    const answers = await backend.saveStates([state('SUCCESS'), state('PENDING'), state('STARTED')])
    expect(answers.map(({ status }) => status)).toEqual(['stored', 'kept', 'kept'])
  })
})
