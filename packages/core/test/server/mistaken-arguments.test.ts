import { describe, expect, test } from 'vitest'
import { isMachineryError } from '../../src/errors/index.js'
import { defineTask, int, rest } from '../../src/task/index.js'
import { chain, chord, group, newChain, newChord, newGroup } from '../../src/workflow/index.js'
import { newServer } from '../support.js'

const add = defineTask('add', { args: [int, int], result: int })
const resize = defineTask('image.resize')
const sum = defineTask('sum', { args: [rest(int)], result: int })

/** As from JavaScript: the types know nothing of it. */
async function refusal(act: (given: never) => unknown, given?: unknown): Promise<Error> {
  try {
    await act(given as never)
  } catch (error) {
    return error as Error
  }
  throw new Error('Nothing was refused.')
}

describe('what cannot be sent as a task is refused with what to do instead', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [undefined, 'undefined. Use add.s(…) of a task'],
    [null, 'null. Use add.s(…)'],
    ['add', '"add". Use add.s(…), or newSignature("add").'],
    ['image.resize', '"image.resize". Use task.s(…)'],
    [add, 'the definition of task add. Use add.s(…).'],
    [resize, 'the definition of task image.resize. Use task.s(…).'],
    [add.s, 'a function. Call it, as in add.s(1, 2).'],
    [[add.s(1, 2)], 'an array of 1. Give one signature'],
    [chain(add.s(1, 2)), 'a chain. Use sendChain().'],
    [group(add.s(1, 2)), 'a group. Use sendGroup().'],
    [newChain(add.s(1, 2)), 'a chain. Use sendChain().'],
    [newGroup(add.s(1, 2)), 'a group. Use sendGroup().'],
    [newChord(newGroup(add.s(1, 2)), add.s(1)), 'a chord. Use sendChord().'],
  ]

  test.each(cases)('%# by sendTask', async (given, text) => {
    await using server = newServer()
    const error = await refusal((task) => server.sendTask(task), given)
    expect(isMachineryError(error, 'MACHINERY_INVALID_SIGNATURE')).toBe(true)
    expect(error.message).toContain(`Sending a task takes a signature, got ${text}`)
  })

  test('by sendTasks, which takes an array, and sends the others', async () => {
    await using server = newServer()
    const error = await refusal((tasks) => server.sendTasks(tasks), add.s(1, 2))
    expect(error.message).toMatch(
      /^sendTasks\(\) takes an array of signatures, got an object .* Use sendTask\(\) for one\.$/,
    )
    const some = await refusal((tasks) => server.sendTasks(tasks), [add.s(1, 2), add])
    expect(some.message).toContain(
      '1 of 2 tasks were not sent; the first: Sending a task takes a signature, got the def',
    )
  })

  test('as onSuccess and onError', async () => {
    const withError = (onError: never): unknown => add.s(1, 2).with({ onError })
    expect((await refusal(withError, add)).message).toBe(
      'onError takes a signature, got the definition of task add. Use add.s(…).',
    )
    const withSuccess = (onSuccess: never): unknown => add.s(1, 2).with({ onSuccess })
    expect((await refusal(withSuccess, [add.s(1), 'add'])).message).toContain('onSuccess takes a signature, got "add"')
    expect((await refusal(withSuccess, chain(add.s(1)))).message).toContain('got a chain. It cannot stand here')
  })
})

describe('what cannot be a workflow is refused where it is made', () => {
  test('an array in the place of steps', async () => {
    const steps = [add.s(1, 2), add.s(1)]
    expect((await refusal(chain as never, steps)).message).toBe(
      'chain() takes its steps as arguments, got an array. Spread it: chain(...steps).',
    )
    expect((await refusal(group as never, steps)).message).toContain('Spread it: group(...members).')
    expect((await refusal(newChain as never, steps)).message).toContain('Spread it: newChain(...signatures).')
    expect((await refusal(newGroup as never, steps)).message).toContain('Spread it: newGroup(...signatures).')
  })

  test('a definition, a name or nothing as a step', async () => {
    expect((await refusal((step) => chain(add.s(1, 2), step), add)).message).toBe(
      'chain() takes signatures and workflows; number 2 is the definition of task add. Use add.s(…).',
    )
    expect((await refusal((step) => group(step), undefined)).message).toContain('number 1 is undefined.')
    expect((await refusal((step) => newGroup(step), add)).message).toContain(
      'newGroup() takes a signature, got the def',
    )
  })

  test('a chord without a group or a callback', async () => {
    const members = group(add.s(1, 2))
    expect((await refusal((callback) => chord(members, callback))).message).toContain('number 2 is undefined.')
    expect((await refusal((callback) => chord(members, callback), sum)).message).toContain('definition of task sum')
    expect((await refusal((list) => chord(list, sum.s()), [add.s(1, 2)])).message).toBe(
      'chord() takes a group, got an array. Make one with group(add.s(…), …).',
    )
    expect((await refusal((list) => newChord(list, sum.s()), [add.s(1, 2)])).message).toContain(
      'Give newGroup(…) first',
    )
    expect((await refusal((callback) => newChord(newGroup(add.s(1, 2)), callback))).message).toContain('got undefined')
  })
})

test('what is sent as a chain, a group or a chord must be one', async () => {
  await using server = newServer()
  const sent = [
    [
      (given: never) => server.sendChain(given),
      [add.s(1, 2)],
      'sendChain() takes a chain, got an array. Make one with chain(',
    ],
    [(given: never) => server.sendChain(given), add.s(1, 2), 'sendChain() takes a chain, got a task.'],
    [(given: never) => server.sendGroup(given), chain(add.s(1, 2)), 'sendGroup() takes a group, got a chain.'],
    [(given: never) => server.sendChord(given), undefined, 'sendChord() takes a chord, got undefined.'],
    [(given: never) => server.sendChord(given), group(add.s(1, 2)), 'Make one with chord(group(…), add.s(…)).'],
  ] as const
  for (const [send, given, text] of sent) {
    const error = await refusal(send, given)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(text)
  }
})

test('a periodic registration without a signature is refused, and nothing is registered', async () => {
  await using server = newServer()
  const task = (given: never): Promise<void> => server.registerPeriodicTask('@daily', 'nightly', given)
  expect((await refusal(task)).message).toBe(
    'Periodic task "nightly" takes a signature, got undefined. Use add.s(…) of a task that defineTask() made.',
  )
  expect((await refusal(task, add)).message).toContain('got the definition of task add. Use add.s(…).')
  expect((await refusal(task, chain(add.s(1, 2)))).message).toContain('Use registerPeriodicChain().')
  const toChain = (given: never): Promise<void> => server.registerPeriodicChain('@daily', 'nightly', given)
  expect((await refusal(toChain, add.s(1, 2))).message).toContain('Periodic chain "nightly" takes a chain, got a task.')
  const toChord = (given: never): Promise<void> => server.registerPeriodicChord('@daily', 'nightly', given)
  expect((await refusal(toChord, [add.s(1, 2)])).message).toContain('takes a chord, got an array.')
  expect(server.listPeriodic()).toEqual([])
  await server.registerPeriodicChain('@daily', 'nightly', [add.s(1, 2), add.s(1)])
  expect(server.listPeriodic()).toHaveLength(1)
})

test('a workflow handle must be the parsed JSON of one', async () => {
  await using server = newServer()
  const result = await server.sendChain(chain(add.s(1, 2)))
  const text = JSON.stringify(result)
  const make = (given: never): unknown => server.workflowResult(given)
  expect((await refusal(make, text)).message).toContain('got text. Use workflowResult(JSON.parse(text)).')
  for (const given of [{}, null, undefined, [], { uuid: result.uuid }]) {
    expect((await refusal(make, given)).message).toContain('with uuid, tree and ends, got something else')
  }
  expect(server.workflowResult(JSON.parse(text)).uuid).toBe(result.uuid)
})

test('waiting too long for a workflow says that it is one', async () => {
  await using server = newServer()
  const result = await server.sendChain(chain(add.s(1, 2)))
  const error = await refusal(() => result.get({ timeout: 1 }))
  expect(error.message).toBe(
    `Timeout reached: no result of workflow ${result.uuid} within 1 ms. The workflow may still finish; call get() again to go on waiting.`,
  )
})

test('a task that is not registered is told with the name that was probably meant', async () => {
  await using server = newServer()
  expect((await refusal(() => server.getRegisteredTask('ad'))).message).toBe(
    'Task not registered error: ad. This process has registered no tasks. Register it with registerTask() first.',
  )
  server.registerTask(add, (a, b) => a + b)
  expect((await refusal(() => server.getRegisteredTask('ads'))).message).toBe(
    'Task not registered error: ads. Did you mean add?',
  )
  expect((await refusal(() => server.getRegisteredTask('resize'))).message).toContain('has registered add. Register it')
})

test('a delay that is none is called by its name', async () => {
  const error = await refusal((delay) => add.s(1, 2).with({ delay }), 'soon')
  expect(error.message).toMatch(/^delay is no duration: "soon"\. Use a number of milliseconds/)
})
