import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { chain, chord, defineTask, exponential, group, int, rest, string, taskContext } from '../../src/index.js'
import { newServer, until } from '../support.js'

describe('cancelling a task that was not sent yet', () => {
  test('the second step of a chain: its onError is sent, and the step behind it fails', async () => {
    const server = newServer()
    const open = Promise.withResolvers<void>()
    const errors: string[] = []
    const a = defineTask('a')
    const b = defineTask('b')
    const c = defineTask('c')
    const oops = defineTask('oops', { args: [string] })
    let started = 0
    server.registerTask(a, async () => {
      started++
      await open.promise
    })
    server.registerTask(b, () => undefined)
    server.registerTask(c, () => undefined)
    server.registerTask(oops, (text) => void errors.push(text))
    void server.newWorker('w', 4).launch()
    const run = await server.sendChain(chain(a.s(), b.s().with({ onError: [oops.s()] }), c.s()))
    const [, second, third] = run.tasks()
    await until(() => started === 1)
    await second?.cancel()
    open.resolve()
    await expect(third?.get({ timeout: 1_500 })).rejects.toMatchObject({ code: 'MACHINERY_TASK_CANCELLED' })
    expect(errors).toHaveLength(1)
  })

  test('the last step of a member of a chord: the chord fails, and its error callback is sent', async () => {
    const server = newServer()
    const open = Promise.withResolvers<void>()
    const errors: string[] = []
    const a = defineTask('a', { result: int })
    const b = defineTask('b', { args: [int], result: int })
    const sum = defineTask('sum', { args: [rest(int)], result: int })
    const oops = defineTask('oops', { args: [string] })
    let started = 0
    server.registerTask(a, async () => {
      started++
      await open.promise
      return 1
    })
    server.registerTask(b, (n) => n)
    server.registerTask(sum, (...n) => n.length)
    server.registerTask(oops, (text) => void errors.push(text))
    void server.newWorker('w', 4).launch()
    const run = await server.sendChord(chord(group(chain(a.s(), b.s()), a.s()), sum.s().with({ onError: [oops.s()] })))
    await until(() => started === 2)
    const handles = run.tasks()
    await handles[1]?.cancel()
    open.resolve()
    await until(() => errors.length === 1, 2_000)
  })

  test('the callback of a chord: its onError is sent and the step behind it fails', async () => {
    const server = newServer()
    const open = Promise.withResolvers<void>()
    const errors: string[] = []
    const a = defineTask('a', { result: int })
    const sum = defineTask('sum', { args: [rest(int)], result: int })
    const after = defineTask('after', { args: [int], result: int })
    const oops = defineTask('oops', { args: [string] })
    let started = 0
    server.registerTask(a, async () => {
      started++
      await open.promise
      return 1
    })
    server.registerTask(sum, (...n) => n.length)
    server.registerTask(after, (n) => n)
    server.registerTask(oops, (text) => void errors.push(text))
    void server.newWorker('w', 4).launch()
    const run = await server.sendChain(chain(group(a.s(), a.s()), sum.s().with({ onError: [oops.s()] }), after.s()))
    await until(() => started === 2)
    const handles = run.tasks()
    await handles[2]?.cancel()
    open.resolve()
    await until(() => errors.length === 1, 2_000)
    await expect(handles[3]?.get({ timeout: 1_500 })).rejects.toMatchObject({ code: 'MACHINERY_TASK_CANCELLED' })
  })
})

test('a task that passes its aborted signal on is cancelled, not failed, for the error handler', async () => {
  const server = newServer()
  const patient = defineTask('patient')
  const errors: unknown[] = []
  let started = 0
  server.registerTask(patient, async () => {
    started++
    await sleep(60_000, undefined, { signal: taskContext().signal })
  })
  const worker = server.newWorker('w', 1)
  worker.setErrorHandler((error) => errors.push(error))
  void worker.launch()
  const result = await server.sendTask(patient.s())
  await until(() => started === 1)
  await result.cancel()
  await until(() => errors.length === 1)
  expect(errors).toMatchObject([{ code: 'MACHINERY_TASK_CANCELLED', uuid: result.uuid }])
})

test('a task that fails because another task it waited for was cancelled is tried again', async () => {
  const server = newServer()
  const inner = defineTask('inner')
  const outer = defineTask('outer', { result: int, retry: { attempts: 3, backoff: exponential(10) } })
  let runs = 0
  server.registerTask(inner, () => undefined)
  server.registerTask(outer, async () => {
    runs++
    if (runs > 1) return 7
    const result = await server.sendTask(inner.s().with({ routingKey: 'nobody' }))
    await result.cancel()
    await result.get()
    return 0
  })
  void server.newWorker('w', 4).launch()
  expect(await (await server.sendTask(outer.s())).get({ timeout: 3_000 })).toBe(7)
})
test('cancel keeps what the record said of its creation', async () => {
  const server = newServer()
  const inner = defineTask('inner')
  const result = await server.sendTask(inner.s())
  const before = await result.getState()
  await result.cancel()
  expect((await server.asyncResult(result.uuid).getState())?.createdAt).toBe(before?.createdAt)
})
test('the last step of a member of a chord, when all other members ended before: the chord fails, never silence', async () => {
  const server = newServer()
  const open = Promise.withResolvers<void>()
  const errors: string[] = []
  const a = defineTask('a', { result: int })
  const b = defineTask('b', { args: [int], result: int })
  const x = defineTask('x', { result: int })
  const sum = defineTask('sum', { args: [rest(int)], result: int })
  const oops = defineTask('oops', { args: [string] })
  let started = 0
  server.registerTask(a, async () => {
    started++
    await open.promise
    return 1
  })
  server.registerTask(b, (n) => n)
  server.registerTask(x, () => 5)
  server.registerTask(sum, (...n) => n.length)
  server.registerTask(oops, (text) => void errors.push(text))
  void server.newWorker('w', 4).launch()
  const run = await server.sendChord(chord(group(chain(a.s(), b.s()), x.s()), sum.s().with({ onError: [oops.s()] })))
  const handles = run.tasks()
  await until(() => started === 1)
  await handles[2]?.get()
  await handles[1]?.cancel()
  open.resolve()
  await handles[0]?.get()
  await until(() => errors.length === 1, 3_000)
})
