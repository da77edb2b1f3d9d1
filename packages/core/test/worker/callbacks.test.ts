import { describe, expect, test } from 'vitest'
import { bool, defineTask, int, newSignature, string } from '../../src/index.js'
import { launchedServer, until } from '../support.js'

const arg = (value: number) => ({ type: 'int64', value })

describe('onSuccess', () => {
  test('takes its own arguments first, then the results', async () => {
    const server = launchedServer()
    const two = defineTask('two', { result: [int, string] })
    server.registerTask(two, () => [7, 'x'])
    const seen: unknown[] = []
    server.registerTask('after', (...args: unknown[]) => void seen.push(args))
    const onSuccess = [newSignature('after', [arg(1)]), newSignature('after', [arg(2)])]
    await (await server.sendTask(two.s().with({ onSuccess }))).get()
    await until(() => seen.length === 2)
    expect(seen).toEqual([
      [1, 7, 'x'],
      [2, 7, 'x'],
    ])
  })

  test('takes nothing from an immutable parent', async () => {
    const server = launchedServer()
    const seen: unknown[] = []
    server.registerTasks({ one: () => 1, after: (...args: unknown[]) => void seen.push(args) })
    await server.sendTask({ ...newSignature('one'), immutable: true, onSuccess: [newSignature('after', [arg(5)])] })
    await until(() => seen.length === 1)
    expect(seen).toEqual([[5]])
  })

  test('is not sent while retries remain, nor after a failure', async () => {
    const server = launchedServer()
    let after = 0
    server.registerTasks({
      fail: () => {
        throw new Error('boom')
      },
      after: () => ++after,
    })
    const callback = newSignature('after')
    const result = await server.sendTask({ ...newSignature('fail'), onSuccess: [callback] })
    await expect(result.get()).rejects.toThrow('boom')
    await expect(server.asyncResult(callback.uuid).get()).rejects.toThrow('boom')
    expect(after).toBe(0)
  })

  test('that cannot be sent fails, so that nobody waits for it, and its own onError is told', async () => {
    const server = launchedServer()
    let told: unknown
    const onlyBool = defineTask('only-bool', { args: [bool] })
    server.registerTasks({
      one: () => 1,
      onerror: (text: string) => {
        told = text
      },
    })
    server.registerTask(onlyBool, () => undefined)
    const unsendable = { ...newSignature('only-bool'), priority: 200, onError: [newSignature('onerror')] }
    const broken = { ...unsendable, name: 'only-bool' }
    const result = await server.sendTask({ ...newSignature('one'), onSuccess: [broken] })
    expect(await result.get()).toBe(1)
    await expect(server.asyncResult(broken.uuid).get()).rejects.toThrow()
    await until(() => told !== undefined)
  })
})

describe('onError', () => {
  test('takes the error text first, then its own arguments', async () => {
    const server = launchedServer()
    const seen: unknown[] = []
    server.registerTasks({
      fail: () => {
        throw new Error('boom')
      },
      onerror: (...args: unknown[]) => void seen.push(args),
    })
    await server.sendTask({ ...newSignature('fail'), onError: [newSignature('onerror', [arg(9)])] })
    await until(() => seen.length === 1)
    expect(seen).toEqual([['boom', 9]])
  })

  test('runs once retries are used up', async () => {
    const server = launchedServer()
    let [runs, errors] = [0, 0]
    server.registerTasks({
      fail: () => {
        runs++
        throw new Error('boom')
      },
      onerror: () => ++errors,
    })
    const result = await server.sendTask({ ...newSignature('fail'), retryCount: 1, onError: [newSignature('onerror')] })
    await until(() => runs === 1)
    expect(errors).toBe(0)
    await expect(result.get()).rejects.toThrow('boom')
    await until(() => errors === 1)
    expect(runs).toBe(2)
  })
})
