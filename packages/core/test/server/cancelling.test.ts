import { describe, expect, onTestFinished, test } from 'vitest'
import {
  chain,
  chord,
  defineTask,
  group,
  newSignature,
  type Server,
  type Signature,
  taskContext,
} from '../../src/index.js'
import { MemoryBackend, NullBackend } from '../../src/memory/index.js'
import { launchedServer, newServer, recordingLogger, until } from '../support.js'
import { start, World } from './periodic-support.js'

/** A task that runs until its signal aborts, and what it saw. */
function registerEndless(server: Server) {
  const seen = { started: 0, reasons: [] as unknown[] }
  server.registerTask('endless', async () => {
    const { signal } = taskContext()
    seen.started++
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    seen.reasons.push(signal.reason)
    throw signal.reason
  })
  return seen
}

function counted(server: Server, name: string): { runs: unknown[][] } {
  const seen = { runs: [] as unknown[][] }
  server.registerTask(name, (...args: unknown[]) => void seen.runs.push(args))
  return seen
}

const never = defineTask('never')

const signatureOf = (name: string, changes: Partial<Signature> = {}): Signature => ({
  ...newSignature(name),
  ...changes,
})

describe('cancelling a task', () => {
  test('that has not started keeps it from starting, and tells those who wait', async () => {
    const server = newServer()
    const { runs } = counted(server, 'never')
    const good = counted(server, 'good')
    const result = await server.sendTask(newSignature('never'))
    const waiting = expect(result.get()).rejects.toMatchObject({
      name: 'TaskCancelledError',
      code: 'MACHINERY_TASK_CANCELLED',
      uuid: result.uuid,
    })
    await result.cancel()
    await waiting
    void server.newWorker('w', 1).launch()
    await (await server.sendTask(newSignature('good'))).get()
    expect(good.runs).toHaveLength(1)
    expect(runs).toEqual([])
  })

  test('that runs aborts its signal, at the very first task of a worker too, and nothing is retried', async () => {
    const logger = recordingLogger()
    const server = launchedServer({ concurrency: 2, logger })
    const endless = registerEndless(server)
    const result = await server.sendTask(signatureOf('endless', { retryCount: 3 }))
    const other = await server.sendTask(newSignature('endless'))
    await until(() => endless.started === 2)
    const waiting = expect(result.get()).rejects.toMatchObject({ code: 'MACHINERY_TASK_CANCELLED' })
    await result.cancel()
    await waiting
    await until(() => endless.reasons.length > 0)
    expect(endless.reasons).toMatchObject([{ code: 'MACHINERY_TASK_CANCELLED', uuid: result.uuid }])
    await other.cancel()
    await until(() => endless.reasons.length === 2)
    expect(endless.started).toBe(2)
    expect(logger.lines.filter((line) => line.startsWith('error') || line.includes('tried again'))).toEqual([])
  })

  test('sends its onError, and ends what waits behind it', async () => {
    const server = launchedServer()
    registerEndless(server)
    const [after, told, total] = [counted(server, 'after'), counted(server, 'told'), counted(server, 'total')]
    const result = await server.sendTask(
      signatureOf('endless', { onSuccess: [newSignature('after')], onError: [newSignature('told')] }),
    )
    const callback = signatureOf('total', { onError: [newSignature('told')] })
    const run = await server.sendChord(chord(group(newSignature('endless'), newSignature('endless')), callback))
    const [first, second] = run.tasks()
    await result.cancel()
    await first?.cancel()
    await second?.cancel()
    await expect(run.get()).rejects.toMatchObject({ code: 'MACHINERY_TASK_CANCELLED', uuid: first?.uuid })
    await until(() => told.runs.length === 2)
    expect(told.runs.flat().sort()).toEqual(
      [`Task ${first?.uuid} was cancelled.`, `Task ${result.uuid} was cancelled.`].sort(),
    )
    expect([after.runs, total.runs]).toEqual([[], []])
  })

  test('that has ended changes nothing', async () => {
    const server = launchedServer()
    server.registerTasks({
      good: () => 'good',
      bad: () => {
        throw new Error('bad')
      },
    })
    const [good, bad] = [await server.sendTask(newSignature('good')), await server.sendTask(newSignature('bad'))]
    await good.get()
    await bad.get().catch(() => undefined)
    await good.cancel()
    await bad.cancel()
    expect(await server.asyncResult(good.uuid).get()).toBe('good')
    await expect(server.asyncResult(bad.uuid).get()).rejects.toMatchObject({ code: 'MACHINERY_TASK_FAILED' })
  })

  test('may be done in another process, from its UUID, and again', async () => {
    const backend = new MemoryBackend()
    const server = newServer({}, undefined, undefined)
    server.setBackend(backend)
    const endless = registerEndless(server)
    void server.newWorker('w', 1).launch()
    const { uuid } = await server.sendTask(newSignature('endless'))
    await until(() => endless.started === 1)
    const there = newServer({}, server.getBroker(), new MemoryBackend({ sharedWith: backend }))
    await there.asyncResult(uuid).cancel()
    await there.asyncResult(uuid).cancel()
    await until(() => endless.reasons.length === 1)
    await expect(there.asyncResult(uuid).get()).rejects.toMatchObject({ code: 'MACHINERY_TASK_CANCELLED' })
  })

  test('holds until its ETA, also where that is further away than results live', async () => {
    const world = new World()
    const server = world.server({ resultsExpireIn: 60 })
    const { runs } = counted(server, 'never')
    const eta = new Date(start.getTime() + 3_600_000)
    await (await server.sendTask(signatureOf('never', { eta }))).cancel()
    const run = await server.sendGroup(group(never.s().with({ delay: '1h' }), signatureOf('never', { eta })))
    await world
      .server({ resultsExpireIn: 60 })
      .workflowResult(JSON.parse(JSON.stringify(run)))
      .cancel()
    // A worker that heard nothing of it.
    void server.newWorker('w', 4).launch()
    await world.clock.advance('2h')
    expect(runs).toEqual([])
    expect((await world.broker.countMessages('machinery_tasks')).delayed).toBe(0)
  })

  test('is forgotten with its record: the same UUID may be sent to run', async () => {
    const server = launchedServer()
    const { runs } = counted(server, 'again')
    const signature = signatureOf('again', { uuid: 'again', eta: new Date(Date.now() + 60_000) })
    await (await server.sendTask(signature)).cancel()
    await server.purgeState('again')
    await (await server.sendTask({ ...signature, eta: null })).get()
    expect(runs).toHaveLength(1)
  })

  test('is refused where nobody would hear of it', async () => {
    const server = newServer({}, newServer().getBroker(), new NullBackend())
    await expect(server.asyncResult('any').cancel()).rejects.toMatchObject({
      code: 'MACHINERY_UNSUPPORTED',
      message: expect.stringContaining('Cannot cancel task any: the null backend'),
    })
  })
})

test('cancelling a workflow holds between its steps', async () => {
  const server = launchedServer()
  const endless = registerEndless(server)
  const { runs } = counted(server, 'after')
  const run = await server.sendChain(chain(newSignature('endless'), newSignature('after')))
  onTestFinished(() => expect(runs).toEqual([]))
  await until(() => endless.started === 1)
  await run.cancel()
  await expect(run.get()).rejects.toMatchObject({ code: 'MACHINERY_WORKFLOW_CANCELLED', uuid: run.uuid })
  await until(() => endless.reasons.length === 1)
  expect(await run.status()).toMatchObject({ total: 2, failed: 2 })
})
