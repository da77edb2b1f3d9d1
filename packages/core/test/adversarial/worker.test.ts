import { describe, expect, test } from 'vitest'
import type { Backend } from '../../src/index.js'
import {
  chord,
  defineTask,
  encodeSignature,
  fixed,
  group,
  InvalidArgumentError,
  json,
  newSignature,
  RetryTaskLater,
  string,
} from '../../src/index.js'
import { MemoryBackend, MemoryBroker, VirtualClock } from '../../src/memory/index.js'
import { gate, launchedServer, newServer, recordingLogger, until } from '../support.js'
import { brokerWith, pause, strayErrors, within } from './support.js'

const queue = 'machinery_tasks'

async function isQueueEmpty(broker: MemoryBroker): Promise<boolean> {
  const { pending, delayed, inFlight } = await broker.countMessages(queue)
  return pending + delayed + inFlight === 0
}

describe('F16: a task that one fleet knows and another does not', () => {
  test('runs where it is known, also late: being given back by others does not use up its deliveries', async () => {
    const clock = new VirtualClock()
    const broker = new MemoryBroker({ clock })
    const backend = new MemoryBackend({ clock })
    const ignorant = newServer({ clock }, broker, backend)
    const other = ignorant.newWorker('ignorant', 1)
    void other.launch()
    const result = await ignorant.sendTask(newSignature('later-known'))
    // Given back seven times: not parked yet, for that takes ten.
    await clock.advance('70s')
    expect((await result.getState())?.state).toBe('PENDING')
    await other.quit()
    const expert = newServer({ clock }, broker, backend)
    expert.registerTask('later-known', () => 'ran')
    void expert.newWorker('expert', 1).launch()
    await clock.advance('1m')
    expect(await result.touch()).toBe('ran')
  })
})

describe('messages that were given back unstarted', () => {
  test('do not count as deliveries: a task that never ran is not failed for killing workers', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    server.registerTask('innocent', () => 'ran')
    const result = await server.sendTask(newSignature('innocent'))
    const options = { queue, consumerTag: 'quitting', concurrency: 1, maxUnsettled: 1 }
    for (let deployment = 0; deployment < 7; deployment++) {
      const consumer = await broker.consume(options)
      // What a worker does that quits before it started what it fetched.
      await consumer.nack(await consumer.receive(1, AbortSignal.timeout(1_000)))
      await consumer.close()
    }
    void server.newWorker('w', 1).launch()
    expect(await result.get({ timeout: '2s' })).toBe('ran')
  })
})

describe('H08: hooks', () => {
  test('that reject are logged: nothing is left unhandled, which would end the process', async () => {
    const stray = strayErrors()
    const logger = recordingLogger()
    const server = newServer({ logger })
    server.registerTasks({
      good: () => 'good',
      bad: () => {
        throw new Error('boom')
      },
    })
    const worker = server.newWorker('w', 1)
    const hook = (name: string) => async (): Promise<void> => {
      await Promise.resolve()
      throw new Error(`hook ${name}`)
    }
    worker.setPreTaskHandler(hook('pre'))
    worker.setPostTaskHandler(hook('post'))
    worker.setErrorHandler(hook('error'))
    void worker.launch()
    expect(await (await server.sendTask(newSignature('good'))).get()).toBe('good')
    await expect((await server.sendTask(newSignature('bad'))).get()).rejects.toThrow('boom')
    await pause(50)
    expect(stray).toEqual([])
  })

  test('that throw before a fetch do not take running tasks away: no other worker runs them too', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    let runs = 0
    server.registerTask('slow', async () => {
      runs++
      await pause(300)
    })
    const worker = server.newWorker('throws', 2)
    worker.setErrorHandler(() => undefined)
    worker.setPreConsumeHandler(() => {
      if (runs > 0) throw new Error('hook')
      return true
    })
    void worker.launch()
    const result = await server.sendTask(newSignature('slow'))
    await until(() => runs === 1)
    void server.newWorker('other', 1).launch()
    await server.sendTask(newSignature('slow'))
    await result.get()
    await until(() => isQueueEmpty(broker))
    expect(runs).toBe(2)
  })

  test('retryOn that throws makes the failure final: the task is not run again and again', async () => {
    const clock = new VirtualClock()
    const server = launchedServer({ clock })
    let runs = 0
    const task = defineTask('bad', {
      retry: {
        attempts: 2,
        backoff: fixed('1s'),
        retryOn: () => {
          throw new Error('retryOn')
        },
      },
    })
    server.registerTask(task, () => {
      runs++
      throw new Error('boom')
    })
    const result = await server.sendTask(task.s())
    await clock.advance('1m')
    await expect(result.touch()).rejects.toThrow('boom')
    expect(runs).toBeLessThanOrEqual(2)
  })

  test('onProgress that throws does not leave a group sent in part', async () => {
    const server = launchedServer()
    let runs = 0
    server.registerTask('count', () => ++runs)
    const members = Array.from({ length: 3 }, () => newSignature('count'))
    const run = await server.sendGroup(group(...members), 1, {
      onProgress: () => {
        throw new Error('progress bar')
      },
    })
    await run.get({ timeout: '2s' })
    expect(runs).toBe(3)
  })
})

describe('a handler that returns a thenable', () => {
  // A thenable owes nobody an answer from `then`.
  const thenable = (value: string) => ({
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    then(resolve: (value: string) => void) {
      setTimeout(() => resolve(value), 10)
    },
  })

  test('may have a timeout', async () => {
    const server = launchedServer()
    const task = defineTask('odd', { timeout: '1m', result: string })
    server.registerTask(task, () => thenable('done') as unknown as Promise<string>)
    expect(await (await server.sendTask(task.s())).get({ timeout: '2s' })).toBe('done')
  })
})

describe('H03: the timeout of a task', () => {
  test('counts while its arguments are validated, too', async () => {
    const server = newServer()
    const worker = server.newWorker('w', 1)
    void worker.launch().catch(() => undefined)
    const never = {
      '~standard': { version: 1 as const, vendor: 'test', validate: () => new Promise<never>(() => undefined) },
    }
    const stuck = defineTask('stuck', { args: [json(never)], timeout: '50ms' })
    server.registerTask(stuck, () => undefined)
    const result = await server.sendTask(newSignature('stuck', [{ type: 'string', value: '{}' }]))
    const outcome = await result.get({ timeout: '1s' }).catch((error: unknown) => error)
    await worker.quit({ drainTimeout: 0 })
    expect(outcome).toMatchObject({ code: 'MACHINERY_TASK_FAILED' })
  })
})

describe('hostile messages', () => {
  test('a chord callback that belongs to its own group does not hang the message of its member', async () => {
    const broker = new MemoryBroker()
    const backend = new MemoryBackend()
    const server = newServer({}, broker, backend)
    server.registerTask('bad', () => {
      throw new Error('boom')
    })
    const groupUuid = 'group_loop'
    await backend.createGroup(
      { groupUuid, taskUuids: ['member'], chordTriggered: false, createdAt: '2026-01-01T00:00:00Z' },
      60_000,
    )
    const inner = { ...newSignature('callback'), uuid: 'inner' }
    const callback = {
      ...newSignature('callback'),
      uuid: 'callback',
      groupUuid,
      groupTaskCount: 1,
      chordCallback: inner,
    }
    const member = {
      ...newSignature('bad'),
      uuid: 'member',
      routingKey: queue,
      groupUuid,
      groupTaskCount: 1,
      chordCallback: callback,
    }
    await broker.publish([{ routingKey: queue, body: encodeSignature(member) }])
    void server
      .newWorker('w', { concurrency: 1, drainTimeout: 0 })
      .launch()
      .catch(() => undefined)
    await until(() => isQueueEmpty(broker), 2_000)
  })

  test('a callback for a queue that does not exist does not stop the worker for all other tasks', async () => {
    const inner = new MemoryBroker()
    const broker = brokerWith(
      {
        publish: async (messages) => {
          const settled = await inner.publish(messages.filter(({ routingKey }) => routingKey !== 'nowhere'))
          let next = 0
          return messages.map(({ routingKey }) =>
            routingKey === 'nowhere'
              ? { status: 'rejected', error: new Error('no such queue') }
              : (settled[next++] ?? { status: 'rejected', error: new Error('lost') }),
          )
        },
      },
      inner,
    )
    const server = newServer({}, broker, new MemoryBackend())
    server.registerTask('good', () => 'good')
    const worker = server.newWorker('w', 4)
    void worker.launch().catch(() => undefined)
    const first = await server.sendTask({
      ...newSignature('good'),
      onSuccess: [{ ...newSignature('good'), routingKey: 'nowhere' }],
    })
    await first.get()
    await pause(50)
    // The first of these is taken by a fetch that was under way.
    const later = await server.sendTasks([newSignature('good')])
    await pause(50)
    later.push(...(await server.sendTasks([newSignature('good'), newSignature('good')])))
    const outcome = await within(Promise.all(later.map((result) => result.get({ timeout: '60s' }))), 12_000)
    await worker.quit({ drainTimeout: 0 })
    expect(outcome).toBe('resolved')
  }, 20_000)

  test('a pre-publish hook that breaks a signature makes the send fail, not the message unreadable', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    server.registerTask('good', () => 'good')
    server.setPrePublishHandler((signature) => {
      signature.headers = { count: 1 as never }
    })
    await expect(server.sendTask(newSignature('good'))).rejects.toMatchObject({ code: 'MACHINERY_INVALID_SIGNATURE' })
  })

  test('G6: a chord whose member is dropped where it is not registered ends with an error, not in silence', async () => {
    const server = launchedServer()
    server.registerTasks({ known: () => 1, callback: () => 'fired' })
    const dropped = { ...newSignature('unknown'), ignoreWhenTaskNotRegistered: true }
    const run = await server.sendChord(chord(group(newSignature('known'), dropped), newSignature('callback')))
    await expect(run.get({ timeout: '1s' })).rejects.toMatchObject({ code: 'MACHINERY_TASK_FAILED' })
  })

  test('copies of a message that is being run do not pile up in the worker', async () => {
    const broker = new MemoryBroker()
    let maxUnsettled = 0
    const watched = brokerWith(
      {
        consume: (options) => {
          maxUnsettled = options.maxUnsettled
          return broker.consume(options)
        },
      },
      broker,
    )
    const server = newServer({}, watched, new MemoryBackend())
    const door = gate()
    let isRunning = false
    server.registerTask('slow', async () => {
      isRunning = true
      await door.opened
    })
    const body = encodeSignature({ ...newSignature('slow'), routingKey: queue })
    void server.newWorker('w', 2).launch()
    await broker.publish([{ routingKey: queue, body }])
    await until(() => isRunning)
    await broker.publish(Array.from({ length: 5_000 }, () => ({ routingKey: queue, body })))
    await pause(300)
    const { inFlight } = await broker.countMessages(queue)
    door.open()
    expect(inFlight).toBeLessThanOrEqual(maxUnsettled)
  })
})

describe('a retry whose message is larger than the broker takes', () => {
  test('is a failure, after one run', async () => {
    const signature = { ...newSignature('grows', [{ type: 'string', value: 'x'.repeat(500) }]), retryCount: 1 }
    const clock = new VirtualClock()
    const probe = new MemoryBroker({ clock })
    const backend = new MemoryBackend({ clock })
    const sender = newServer({ clock }, probe, backend)
    await sender.sendTask(signature)
    const [message] = await probe.pendingMessages(queue, 1)
    const bytes = message?.body.byteLength as number
    const broker = new MemoryBroker({ clock, maxBodyBytes: bytes + 10 })
    const server = newServer({ clock }, broker, backend)
    let runs = 0
    server.registerTask('grows', () => {
      runs++
      throw new Error('boom')
    })
    const result = await server.sendTask(signature)
    void server.newWorker('w', 1).launch()
    await clock.advance('1m')
    await expect(result.touch()).rejects.toThrow('boom')
    expect(runs).toBe(1)
  })
})

describe('adapters that misbehave', () => {
  test('a consumer that answers nothing at once, again and again, does not starve the program', async () => {
    const broker = new MemoryBroker()
    let calls = 0
    const eager = brokerWith(
      {
        consume: async (options) => {
          const consumer = await broker.consume(options)
          return {
            receive: async (max, signal) => (++calls < 200_000 ? [] : consumer.receive(max, signal)),
            ack: (deliveries) => consumer.ack(deliveries),
            nack: (deliveries, how) => consumer.nack(deliveries, how),
            reject: (deliveries, reason) => consumer.reject(deliveries, reason),
            close: () => consumer.close(),
          }
        },
      },
      broker,
    )
    const server = newServer({}, eager, new MemoryBackend())
    void server.newWorker('w', 1).launch()
    await pause(20)
    expect(calls).toBeLessThan(10_000)
  })

  test('a backend that refuses to read for good does not leave deliveries in limbo', async () => {
    const stray = strayErrors()
    class Refusing extends MemoryBackend {
      isRefusing = true
      override async readStates(uuids: readonly string[]) {
        if (this.isRefusing) throw new InvalidArgumentError('a record that cannot be read')
        return super.readStates(uuids)
      }
    }
    const backend = new Refusing()
    const server = newServer({}, new MemoryBroker(), backend)
    server.registerTask('good', () => 'good')
    const result = await server.sendTask(newSignature('good'))
    const worker = server.newWorker('w', 1)
    void worker.launch().catch(() => undefined)
    await pause(100)
    backend.isRefusing = false
    const outcome = await within(result.get({ timeout: '10s' }), 3_000)
    await worker.quit({ drainTimeout: 0 })
    expect(stray).toEqual([])
    expect(outcome).toBe('resolved')
  })

  test('a backend that cannot listen for cancellations, and throws, does not stop the worker', async () => {
    const stray = strayErrors()
    class Deaf extends MemoryBackend {
      override onCancelled(): never {
        throw new Error('cannot listen')
      }
    }
    const server = newServer({}, new MemoryBroker(), new Deaf())
    server.registerTask('good', () => 'good')
    const worker = server.newWorker('w', 1)
    void worker.launch().catch(() => undefined)
    const run = await server.sendGroup(group(newSignature('good')))
    const outcome = await within(run.get({ timeout: '5s' }), 1_000)
    await worker.quit({ drainTimeout: 0 })
    expect(stray).toEqual([])
    expect(outcome).toBe('resolved')
  })

  test('a cancellation of which no state was stored does not pass for one', async () => {
    class Full extends MemoryBackend {
      isFull = false
      override async saveStates(writes: Parameters<Backend['saveStates']>[0]) {
        if (!this.isFull) return super.saveStates(writes)
        return writes.map(() => ({ status: 'rejected', error: new Error('out of memory') }) as const)
      }
    }
    const backend = new Full()
    const server = newServer({}, new MemoryBroker(), backend)
    const run = await server.sendGroup(group(newSignature('any'), newSignature('any')))
    backend.isFull = true
    await expect(run.cancel()).rejects.toMatchObject({ code: 'MACHINERY_BACKEND' })
  })
})

describe('retries', () => {
  test('RetryTaskLater(0): the copy comes before the original is acknowledged, and each attempt runs once', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    let runs = 0
    server.registerTask('again', () => {
      if (++runs < 500) throw new RetryTaskLater({ delayMs: 0 })
      return runs
    })
    void server.newWorker('w', 4).launch()
    expect(await (await server.sendTask(newSignature('again'))).get({ timeout: '20s' })).toBe(500)
    await until(() => isQueueEmpty(broker))
    expect(runs).toBe(500)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -Number.MAX_VALUE])(
    'a back-off of %d is a clean failure',
    async (ms) => {
      const server = launchedServer()
      let runs = 0
      const task = defineTask('odd', { retry: { attempts: 3, backoff: { delayMs: () => ms } } })
      server.registerTask(task, () => {
        runs++
        throw new Error('boom')
      })
      await expect((await server.sendTask(task.s())).get({ timeout: '3s' })).rejects.toThrow('boom')
      expect(runs).toBe(1)
    },
  )
})

describe('a chord', () => {
  test('B07, F13: whose members are delivered several times with different bytes fires once, and not early', async () => {
    const broker = new MemoryBroker()
    const server = newServer({}, broker, new MemoryBackend())
    let callbacks = 0
    server.registerTasks({
      member: async (n: number) => {
        await pause(n)
        return n
      },
      callback: (...numbers: number[]) => {
        callbacks++
        return numbers.join()
      },
    })
    const member = (value: number) => newSignature('member', [{ type: 'int64', value }])
    const run = await server.sendChord(chord(group(member(20), member(10), member(0)), newSignature('callback')))
    const messages = await broker.pendingMessages(queue, 10)
    await broker.publish(
      messages.map(({ body }) => ({
        routingKey: queue,
        body: Buffer.concat([body.subarray(0, body.length - 1), Buffer.from(' }')]),
      })),
    )
    void server.newWorker('one', 3).launch()
    void server.newWorker('two', 3).launch()
    expect(await run.get({ timeout: '5s' })).toBe('20,10,0')
    await until(() => isQueueEmpty(broker))
    expect(callbacks).toBe(1)
  })
})
