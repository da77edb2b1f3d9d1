import { describe, expect, test } from 'vitest'
import { defineTask, group, int, json, newSignature, ResultExpiredError, ResultTimeoutError } from '../../src/index.js'
import { MemoryBackend, MemoryBroker, VirtualClock } from '../../src/memory/index.js'
import { launchedServer, newServer, until } from '../support.js'

/** Counts how often it is asked. */
class CountingBackend extends MemoryBackend {
  reads = 0

  override readStates(uuids: readonly string[]) {
    this.reads++
    return super.readStates(uuids)
  }
}

describe('get()', () => {
  test('rejects at its timeout, and may be called again', async () => {
    const clock = new VirtualClock()
    const server = newServer({ clock })
    server.registerTask('later', () => 'done')
    const result = await server.sendTask(newSignature('later'))
    const first = expect(result.get({ timeout: '10s' })).rejects.toBeInstanceOf(ResultTimeoutError)
    await clock.advance('10s')
    await first
    void server.newWorker('w', 1).launch()
    expect(await result.get({ timeout: '10s' })).toBe('done')
  })

  test('tells at its timeout that results cannot be read, as long as that is so', async () => {
    const clock = new VirtualClock()
    let isAway = true
    const backend = new (class extends MemoryBackend {
      override async readStates(uuids: readonly string[]) {
        if (isAway) throw new Error('the login was refused')
        return super.readStates(uuids)
      }
    })({ clock })
    const server = newServer({ clock }, new MemoryBroker({ clock }), backend)
    const failed = server.asyncResult('task_1').get({ timeout: '10s' })
    const told = expect(failed).rejects.toThrow(/Results could not be read: .*the login was refused/)
    await clock.advance('10s')
    await told
    const again = server.asyncResult('task_1').get({ timeout: '10s' })
    const untold = expect(again).rejects.toThrow(/to go on waiting\.$/)
    isAway = false
    await clock.advance('10s')
    await untold
  })

  test('rejects with the reason of its signal, at once', async () => {
    const server = newServer()
    const result = await server.sendTask(newSignature('never'))
    const reason = new Error('changed my mind')
    await expect(result.get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const waiting = expect(result.get({ signal: controller.signal })).rejects.toBe(reason)
    controller.abort(reason)
    await waiting
  })

  test('rejects when the record of a task that was seen is gone', async () => {
    const server = newServer()
    const result = await server.sendTask(newSignature('never'))
    const waiting = expect(result.get()).rejects.toBeInstanceOf(ResultExpiredError)
    await server.purgeState(result.uuid)
    await waiting
  })

  test('waits for a task that nobody has sent yet, and settles all the same', async () => {
    const server = launchedServer()
    server.registerTask('late', () => 7)
    const signature = newSignature('late')
    const value = server.asyncResult(signature.uuid).get({ timeout: '5s' })
    await server.sendTask(signature)
    expect(await value).toBe(7)
    await expect(server.asyncResult('task_nobody').get({ timeout: 20 })).rejects.toBeInstanceOf(ResultTimeoutError)
  })

  test('settles by itself after as long as results live', async () => {
    const clock = new VirtualClock()
    const server = newServer({ clock, resultsExpireIn: 60 })
    const waiting = expect(server.asyncResult('task_nobody').get()).rejects.toMatchObject({
      code: 'MACHINERY_RESULT_TIMEOUT',
    })
    await clock.advance('61s')
    await waiting
  })

  test('rejects when the server closes', async () => {
    const server = newServer()
    const result = await server.sendTask(newSignature('never'))
    const waiting = expect(result.get()).rejects.toMatchObject({ code: 'MACHINERY_CLOSED' })
    await server.close()
    await waiting
  })

  test('of many handles asks the backend once per round, not once per handle', async () => {
    const backend = new CountingBackend()
    const server = newServer({}, new MemoryBroker(), backend)
    server.registerTask('quick', () => 'ok')
    const results = await server.sendTasks(Array.from({ length: 500 }, () => newSignature('quick')))
    const values = Promise.all(results.map((result) => result.get()))
    await until(() => backend.reads > 0)
    const before = backend.reads
    void server.newWorker('w', 50).launch()
    expect(await values).toHaveLength(500)
    expect(backend.reads - before).toBeLessThan(100)
  })
})

describe('a handle', () => {
  test('is rebuilt from a UUID alone, with the types of a definition', async () => {
    const server = launchedServer()
    const shape = defineTask('shape', { result: json<{ sides: number }>() })
    server.registerTask(shape, () => ({ sides: 4 }))
    const { uuid } = await server.sendTask(shape.s())
    expect(await server.asyncResult(uuid, shape).get()).toEqual({ sides: 4 })
    // Without the definition it is what travelled.
    expect(await server.asyncResult(uuid).get()).toBe('{"sides":4}')
  })

  test('serialises to its UUID', async () => {
    const server = newServer()
    const result = await server.sendTask(newSignature('any'))
    expect(JSON.parse(JSON.stringify(result))).toEqual({ uuid: result.uuid })
  })

  test('touch() looks once: undefined, then the value', async () => {
    const server = newServer()
    const one = defineTask('one', { result: int })
    server.registerTask(one, () => 1)
    const result = await server.sendTask(one.s())
    expect(await result.touch()).toBeUndefined()
    void server.newWorker('w', 1).launch()
    await result.get()
    expect(await result.touch()).toBe(1)
  })

  test('tells the times and names of its state', async () => {
    const clock = new VirtualClock(new Date('2030-01-02T03:04:05.678Z'))
    const server = launchedServer({ clock })
    server.registerTask('one', () => 1)
    const result = await server.sendTask(newSignature('one'))
    await result.get()
    expect(await result.getState()).toMatchObject({
      state: 'SUCCESS',
      taskName: 'one',
      createdAt: '2030-01-02T03:04:05.678Z',
      results: [{ type: 'int64', value: 1 }],
      error: '',
    })
  })
})

test('where reading a state consumes it, nobody can look at a workflow: the members would lose their results', async () => {
  class OnceBackend extends CountingBackend {
    override readonly capabilities = { ...new MemoryBackend().capabilities, reads: 'once' as const }
  }
  const backend = new OnceBackend()
  const server = newServer({}, new MemoryBroker(), backend)
  const sent = await server.sendGroup(group(newSignature('a'), newSignature('b')))
  const before = backend.reads
  await expect(sent.status()).rejects.toMatchObject({ code: 'MACHINERY_UNSUPPORTED' })
  await expect(sent.get()).rejects.toMatchObject({ code: 'MACHINERY_UNSUPPORTED' })
  expect(backend.reads).toBe(before)
})
